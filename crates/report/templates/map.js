// The map of the data set: shows images enlarged, opens their details, filters, zooms and moves.

const setUpMap = (box) => {
  const chart = box.querySelector("svg");
  const plane = chart.querySelector(".plane");
  if (!plane) return;
  const data = JSON.parse(box.querySelector(".data").textContent);
  const [tools, peek, status] = [".tools", ".peek", ".status"].map((part) => box.querySelector(part));
  const { width, height } = chart.viewBox.baseVal;

  const spots = [...plane.querySelectorAll(".thumb")].map((node) => {
    const facts = data.spots[node.dataset.spot];
    const frame = (node.querySelector("rect") ?? node.querySelector("circle")).getBBox();
    node.querySelector("title")?.remove();
    node.setAttribute("role", "button");
    node.setAttribute("aria-haspopup", "dialog");
    node.setAttribute("tabindex", "-1");
    const name = (index) => data.classes[index] ?? "?";
    const wrong = facts.label !== facts.predicted;
    const words = `${name(facts.label)}${wrong ? `, taken for ${name(facts.predicted)}` : ""}`;
    const last = facts.source.replace(/\/+$/, "").split("/").pop();
    node.setAttribute("aria-label", `${words}; ${facts.split}; ${last}`);
    return {
      node, facts, wrong, words, last, on: true,
      x: frame.x + frame.width / 2, y: frame.y + frame.height / 2,
      image: node.querySelector("image")?.getAttribute("href") ?? null,
    };
  });
  const spotOf = (target) => {
    const node = target instanceof Element ? target.closest(".thumb") : null;
    return spots.find((spot) => spot.node === node);
  };

  /* The visible part of the plane: its middle and the zoom factor. Images grow more slowly than the plane, so that zooming
     separates images that are close to each other. */
  const view = { x: width / 2, y: height / 2, zoom: 1 };
  const place = () => {
    const half = { x: width / 2 / view.zoom, y: height / 2 / view.zoom };
    view.x = Math.min(Math.max(view.x, half.x), width - half.x);
    view.y = Math.min(Math.max(view.y, half.y), height - half.y);
    plane.setAttribute("transform", `translate(${width / 2} ${height / 2}) scale(${view.zoom}) translate(${-view.x} ${-view.y})`);
    const shrink = 1 / Math.sqrt(view.zoom);
    for (const { node, x, y } of spots) {
      if (shrink === 1) node.removeAttribute("transform");
      else node.setAttribute("transform", `translate(${x} ${y}) scale(${shrink}) translate(${-x} ${-y})`);
    }
    chart.classList.toggle("zoomed", view.zoom > 1);
  };
  const zoom = (factor, at = view) => {
    const before = view.zoom;
    view.zoom = factor ? Math.min(Math.max(before * factor, 1), 12) : 1;
    // The point at `at` keeps its position on the screen.
    view.x = at.x + (view.x - at.x) * before / view.zoom;
    view.y = at.y + (view.y - at.y) * before / view.zoom;
    look(null);
    place();
  };
  const inPlane = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(plane.getScreenCTM().inverse());
    return { x: point.x, y: point.y };
  };

  /* Shows an enlarged copy beside an image. */
  const look = (spot) => {
    chart.querySelector(".thumb.seen")?.classList.remove("seen");
    peek.hidden = !spot;
    if (!spot) return;
    spot.node.classList.add("seen");
    peek.replaceChildren(
      ...(spot.image ? [make("img", { src: spot.image, alt: "", class: `framed k${spot.facts.label}` })] : []),
      make("strong", {}, spot.words), make("span", {}, spot.last),
    );
    const [own, frame] = [spot.node.getBoundingClientRect(), box.getBoundingClientRect()];
    const beside = own.right - frame.left + 10;
    const left = beside + peek.offsetWidth > frame.width ? own.left - frame.left - peek.offsetWidth - 10 : beside;
    const top = own.top - frame.top + own.height / 2 - peek.offsetHeight / 2;
    peek.style.left = `${Math.max(0, left)}px`;
    peek.style.top = `${Math.max(0, Math.min(top, frame.height - peek.offsetHeight))}px`;
  };

  const open = (spot) => {
    look(null);
    const { facts } = spot;
    const entry = (name, value) => [make("dt", {}, name), make("dd", {}, value)];
    const list = make("dl", {},
      ...entry("Label", data.classes[facts.label] ?? "?"),
      ...entry("Predicted", `${data.classes[facts.predicted] ?? "?"}${spot.wrong ? " ✗" : " ✓"}`),
      ...entry("Split", facts.split), ...entry("Image", facts.id), ...entry("Source", facts.source));
    const contents = [make("div", { class: "details" },
      ...(spot.image ? [make("img", { src: spot.image, alt: `${spot.words}: ${spot.last}`, class: `framed k${facts.label}` })] : []), list)];
    const sorted = (facts.probabilities ?? []).map((share, index) => ({ share, index })).sort((a, b) => b.share - a.share);
    if (sorted.length) {
      const rows = sorted.slice(0, 10).map(({ share, index }) => make("tr", {},
        make("th", { scope: "row" }, data.classes[index] ?? "?"), make("td", { class: "number" }, percent(share))));
      contents.push(make("table", {}, make("caption", {}, "Probabilities"), make("tbody", {}, ...rows)));
    }
    dialog.open(spot.words, contents, spot.node);
  };

  /* One image at a time is in the tab order. The arrow keys move to the nearest image in their direction. */
  let current = null;
  const reach = (spot) => {
    current?.node.setAttribute("tabindex", "-1");
    current = spot;
    current?.node.setAttribute("tabindex", "0");
  };
  const towards = (from, [right, down]) => {
    let best = null;
    for (const spot of spots) {
      if (!spot.on || spot === from) continue;
      const [dx, dy] = [spot.x - from.x, spot.y - from.y];
      const along = dx * right + dy * down;
      const aside = Math.abs(dx * down) + Math.abs(dy * right);
      if (along <= 0 || aside > 2 * along) continue;
      const cost = along + 2 * aside;
      if (!best || cost < best.cost) best = { spot, cost };
    }
    return best?.spot;
  };
  const steps = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  chart.addEventListener("keydown", (event) => {
    const spot = spotOf(event.target);
    if (!spot || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = () => spots.filter((other) => other.on);
    const next = event.key in steps ? towards(spot, steps[event.key]) ?? spot
      : event.key === "Home" ? shown()[0] : event.key === "End" ? shown().at(-1) : null;
    if (next) { reach(next); bring(next); next.node.focus({ preventScroll: view.zoom > 1 }); }
    else if (event.key === "Enter" || event.key === " ") open(spot);
    else if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1.5 : 1 / 1.5, spot);
    else if (event.key === "0") zoom(0);
    else if (event.key === "Escape") look(null);
    else return;
    event.preventDefault();
    if (event.key === "+" || event.key === "-") look(spot);
  });
  const bring = (spot) => {
    const half = { x: width / 2 / view.zoom, y: height / 2 / view.zoom };
    if (Math.abs(spot.x - view.x) < half.x * 0.9 && Math.abs(spot.y - view.y) < half.y * 0.9) return;
    [view.x, view.y] = [spot.x, spot.y];
    place();
  };
  chart.addEventListener("focusin", (event) => { const spot = spotOf(event.target); if (spot) { reach(spot); if (event.target.matches(":focus-visible")) look(spot); } });
  chart.addEventListener("focusout", () => look(null));

  /* The pointer: hovering enlarges an image, a click opens its details, dragging moves the map. */
  let drag = null;
  chart.addEventListener("pointerover", (event) => { if (!drag?.moved && event.pointerType !== "touch") look(spotOf(event.target) ?? null); });
  chart.addEventListener("pointerleave", () => { if (!drag) look(null); });
  chart.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && view.zoom > 1) drag = { x: event.clientX, y: event.clientY, from: { ...view }, moved: false };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const scale = plane.getScreenCTM().a;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moved && Math.hypot(dx, dy) < 5) return;
    drag.moved = true;
    look(null);
    [view.x, view.y] = [drag.from.x - dx / scale, drag.from.y - dy / scale];
    place();
  });
  const drop = () => { const moved = drag?.moved; drag = null; return moved; };
  addEventListener("pointercancel", drop);
  let dragged = false;
  addEventListener("pointerup", () => { dragged = Boolean(drop()); });
  chart.addEventListener("click", (event) => {
    const spot = spotOf(event.target);
    if (spot && !dragged) { reach(spot); open(spot); }
  });
  chart.addEventListener("wheel", (event) => {
    // Without a modifier key, the wheel scrolls the page.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), inPlane(event));
  }, { passive: false });

  /* Filters. */
  const filter = () => {
    const classes = new Set([...tools.querySelectorAll("[name=class]:checked")].map((input) => Number(input.value)));
    const wrong = tools.querySelector("[name=wrong]").checked;
    const split = tools.querySelector("[name=split]").value;
    for (const spot of spots) {
      spot.on = classes.has(spot.facts.label) && (!wrong || spot.wrong) && (!split || spot.facts.split === split);
      spot.node.classList.toggle("off", !spot.on);
      if (spot.on) spot.node.removeAttribute("aria-hidden"); else spot.node.setAttribute("aria-hidden", "true");
    }
    // The dots of a class are one element, and the rims of its wrong predictions another. Their splits are unknown.
    for (const dots of plane.querySelectorAll(".dots")) {
      const missed = dots.classList.contains("missed");
      dots.classList.toggle("off", !classes.has(Number(dots.dataset.spot)) || (wrong && !missed) || split !== "");
    }
    if (!current?.on) reach(spots.find((spot) => spot.on) ?? null);
    status.textContent = `${spots.filter((spot) => spot.on).length} of ${spots.length} images`;
  };
  tools.addEventListener("change", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => zoom(Number(button.dataset.zoom))));

  chart.setAttribute("role", "group");
  chart.classList.add("live");
  tools.hidden = false;
  box.querySelector(".keys").hidden = false;
  filter();
};
