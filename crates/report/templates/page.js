"use strict";
(() => {
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const mark = (id) => links.forEach((a, key) => key === id ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current"));
  const watch = new IntersectionObserver((seen) => {
    const first = seen.find((s) => s.isIntersecting);
    if (first) mark(first.target.id);
  }, { rootMargin: "-20% 0px -75% 0px" });
  document.querySelectorAll("main section").forEach((s) => watch.observe(s));

  // A thumbnail under the pointer is drawn once more, larger and on top of the others.
  document.querySelectorAll(".chart").forEach((chart) => {
    if (!chart.querySelector(".thumb image")) return;
    let front = null;
    chart.addEventListener("pointerover", (event) => {
      const thumb = event.target.closest(".thumb");
      front?.remove();
      front = null;
      if (!thumb) return;
      const box = thumb.querySelector("rect").getBBox();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const zoom = 112 / box.width;
      front = thumb.cloneNode(true);
      front.querySelector(".frame").style.strokeWidth = 2.5 * 2 / zoom;
      front.style.pointerEvents = "none";
      const view = chart.viewBox.baseVal;
      const inside = (v, end) => Math.min(Math.max(v, 58), end - 58);
      front.setAttribute("transform", `translate(${inside(x, view.width)} ${inside(y, view.height)}) scale(${zoom}) translate(${-x} ${-y})`);
      chart.append(front);
    });
    chart.addEventListener("pointerleave", () => { front?.remove(); front = null; });
  });
})();
