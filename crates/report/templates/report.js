// Adds tabs, dialogs and filters to the page. Text is always added as text nodes and never as markup.

const make = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

const percent = (share) => {
  const value = 100 * Math.min(Math.max(share, 1e-9), 1 - 1e-9);
  if (value < 0.05) return "< 0.1 %";
  if (value > 99.95) return "> 99.9 %";
  return `${value.toFixed(1)} %`;
};

/* The theme. It is the theme of the system until the reader chooses one. */
const setUpTheme = () => {
  const button = document.querySelector(".theme");
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const update = () => button.setAttribute("aria-pressed", String(dark()));
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("tunescope-theme", root.dataset.theme); } catch { /* Without storage, the choice holds until the page is closed. */ }
    update();
  });
  system.addEventListener("change", update);
  update();
  button.hidden = false;
};

/* Highlights the navigation entry of the section in view. */
const setUpContents = () => {
  const list = document.querySelector("nav ol");
  const links = new Map([...list.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
  const watch = new IntersectionObserver((seen) => {
    const first = seen.find((entry) => entry.isIntersecting);
    if (!first) return;
    for (const [id, link] of links) {
      if (id !== first.target.id) { link.removeAttribute("aria-current"); continue; }
      link.setAttribute("aria-current", "true");
      const end = link.offsetLeft + link.offsetWidth - list.clientWidth + 24;
      if (list.scrollLeft < end || list.scrollLeft > link.offsetLeft) list.scrollLeft = Math.max(0, end);
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  document.querySelectorAll("main > section").forEach((section) => watch.observe(section));
};

/* Tabs with automatic activation, as in the WAI-ARIA Authoring Practices. */
const families = new Map();

const setUpTabs = (box, number) => {
  const panels = [...box.children];
  if (panels.length < 2) return;
  const family = box.dataset.family;
  const list = make("div", { role: "tablist", "aria-label": box.dataset.label });
  const tabs = panels.map((panel, at) => {
    const heading = panel.querySelector(".turn");
    panel.id = `panel-${number}-${at}`;
    const tab = make("button", { type: "button", role: "tab", id: `tab-${number}-${at}`, "aria-controls": panel.id }, heading.textContent);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
    return tab;
  });
  const show = (chosen) => tabs.forEach((tab, at) => {
    tab.setAttribute("aria-selected", String(at === chosen));
    tab.tabIndex = at === chosen ? 0 : -1;
    panels[at].hidden = at !== chosen;
  });
  const choose = (chosen) => {
    // The tabs keep their position on the screen, although other panels may change their height.
    const before = list.getBoundingClientRect().top;
    show(chosen);
    const title = tabs[chosen].textContent;
    for (const other of families.get(family) ?? []) if (other.box !== box) other.show(title);
    window.scrollBy({ top: list.getBoundingClientRect().top - before, behavior: "instant" });
  };
  tabs.forEach((tab, at) => tab.addEventListener("click", () => choose(at)));
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const chosen = (to + tabs.length) % tabs.length;
    choose(chosen);
    tabs[chosen].focus();
  });
  if (family) {
    const byTitle = (title) => {
      const at = tabs.findIndex((tab) => tab.textContent === title);
      if (at >= 0) show(at);
    };
    families.set(family, [...(families.get(family) ?? []), { box, show: byTitle }]);
  }
  list.append(...tabs);
  box.prepend(list);
  box.classList.add("live");
  show(0);
};

/* The dialog for details. The browser keeps the focus inside, closes the dialog on Escape, and restores the focus. */
const dialog = (() => {
  const title = make("h2", { id: "dialog-title" });
  const body = make("div", { class: "content" });
  const close = make("button", { type: "button", class: "close" }, "Close");
  const element = make("dialog", { "aria-labelledby": "dialog-title" }, make("header", {}, title, close), body);
  let from = null;
  close.addEventListener("click", () => element.close());
  element.addEventListener("click", (event) => { if (event.target === element) element.close(); });
  element.addEventListener("close", () => { body.replaceChildren(); from?.focus({ preventScroll: true }); });
  return {
    element,
    open(words, contents, opener) {
      from = opener;
      title.textContent = words;
      body.replaceChildren(...contents);
      element.showModal();
      element.scrollTop = 0;
    },
  };
})();

/* The cells of the confusion matrix open a dialog with their images. */
const setUpOpeners = () => document.querySelectorAll("a[data-opens]").forEach((link) => {
  link.setAttribute("role", "button");
  link.setAttribute("aria-haspopup", "dialog");
  const open = (event) => {
    event.preventDefault();
    const cell = document.getElementById(link.dataset.opens);
    const copies = [...cell.children].slice(1).map((child) => child.cloneNode(true));
    copies.forEach((copy) => [copy, ...copy.querySelectorAll("[id]")].forEach((node) => node.removeAttribute("id")));
    dialog.open(cell.firstElementChild.textContent, copies, link);
  };
  link.addEventListener("click", open);
  link.addEventListener("keydown", (event) => { if (event.key === " ") open(event); });
});

/* Opens the folded blocks around the target of the address. */
const reveal = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let node = target; node; node = node.parentElement) if (node.localName === "details") node.open = true;
};

const start = () => {
  setUpTheme();
  setUpContents();
  document.querySelectorAll(".tabs").forEach(setUpTabs);
  document.body.append(dialog.element);
  setUpOpeners();
  document.querySelectorAll(".map").forEach(setUpMap);
  addEventListener("hashchange", reveal);
  reveal();
};
