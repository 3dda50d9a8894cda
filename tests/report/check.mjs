// Opens a report in Chromium without a network and does what a reader does. See README.md in this folder.
//
//   node tests/report/check.mjs REPORT.html [--axe AXE.MIN.JS] [--screenshots FOLDER] [--chromium PROGRAM]
//
// The exit code is 1 if a check fails.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { open } from "./browser.mjs";

const [file, ...rest] = process.argv.slice(2);
const options = Object.fromEntries(rest.flatMap((word, at) => (word.startsWith("--") ? [[word.slice(2), rest[at + 1]]] : [])));
if (!file) {
  console.error("usage: node tests/report/check.mjs REPORT.html [--axe AXE.MIN.JS] [--screenshots FOLDER] [--chromium PROGRAM]");
  process.exit(2);
}
const address = pathToFileURL(resolve(file)).href;
const axe = options.axe ? readFileSync(options.axe, "utf8") : null;
const browser = await open(options.chromium ?? process.env.CHROMIUM ?? "chromium");
const { send, on, run } = browser;

let failures = 0;
const expect = (holds, words, more = "") => {
  if (!holds) failures += 1;
  console.log(`${holds ? "ok  " : "FAIL"} ${words}${holds || more === "" ? "" : `: ${typeof more === "string" ? more : JSON.stringify(more)}`}`);
};
const pause = (time = 120) => new Promise((done) => setTimeout(done, time));

const requests = [];
const messages = [];
on("Network.requestWillBeSent", ({ request }) => { if (!request.url.startsWith("data:")) requests.push(request.url); });
on("Runtime.exceptionThrown", ({ exceptionDetails }) => messages.push(exceptionDetails.exception?.description ?? exceptionDetails.text));
on("Runtime.consoleAPICalled", ({ type, args }) => { if (["error", "warning", "assert"].includes(type)) messages.push(args.map((arg) => arg.value).join(" ")); });
on("Log.entryAdded", ({ entry }) => { if (["error", "warning"].includes(entry.level)) messages.push(entry.text); });
on("Page.javascriptDialogOpening", ({ message }) => { messages.push(`a dialog opened: ${message}`); send("Page.handleJavaScriptDialog", { accept: true }); });
for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
await send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 });

const load = async ({ width = 1280, scheme = "light", media = "" } = {}) => {
  await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
  const features = [{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }];
  await send("Emulation.setEmulatedMedia", { media, features });
  const loaded = new Promise((done) => on("Page.loadEventFired", done));
  await send("Page.navigate", { url: address });
  await loaded;
  await pause(300);
};
const keys = { Tab: 9, Enter: 13, Escape: 27, ArrowRight: 39, ArrowLeft: 37, ArrowDown: 40, ArrowUp: 38, Home: 36, End: 35 };
const press = async (key) => {
  const code = { key, code: key.length === 1 ? undefined : key, windowsVirtualKeyCode: keys[key] ?? key.charCodeAt(0), ...(key === "Enter" && { text: "\r" }), ...(key.length === 1 && { text: key }) };
  await send("Input.dispatchKeyEvent", { type: code.text ? "keyDown" : "rawKeyDown", ...code });
  await send("Input.dispatchKeyEvent", { type: "keyUp", ...code });
};
const mouse = async (type, { x, y }, more = {}) => send("Input.dispatchMouseEvent", { type, x, y, ...more });
const click = async (at) => {
  await mouse("mousePressed", at, { button: "left", clickCount: 1 });
  await mouse("mouseReleased", at, { button: "left", clickCount: 1 });
};
/** Scrolls to the first element that matches `selector` and returns its centre. */
const middle = (selector) => run((found) => {
  const node = document.querySelector(found);
  node.scrollIntoView({ block: "center", behavior: "instant" });
  const box = node.getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}, selector);
const screenshot = async (name) => {
  if (!options.screenshots) return;
  mkdirSync(options.screenshots, { recursive: true });
  const { data } = await send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip: await run(() => ({ x: 0, y: 0, width: document.documentElement.clientWidth, height: Math.min(document.documentElement.scrollHeight, 16000), scale: 1 })) });
  writeFileSync(join(options.screenshots, `${name}.png`), Buffer.from(data, "base64"));
};
const accessible = async (where) => {
  if (!axe) return;
  await send("Runtime.evaluate", { expression: `${axe}; 0` });
  const found = await run(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, count: nodes.length, first: nodes[0].html.slice(0, 160), why: nodes[0].failureSummary.slice(0, 240) }));
  });
  const grave = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(grave.length === 0, `axe-core: no serious or critical fault, ${where} (${found.length - grave.length} other faults)`, grave);
  for (const { id, impact, count, first } of found.filter((one) => !grave.includes(one))) console.log(`     ${impact} ${id}, ${count} times: ${first}`);
};

// The page after loading.
await load();
const counts = await run(() => ({
  spots: document.querySelectorAll(".map .thumb").length,
  tabs: document.querySelectorAll("[role=tablist]").length,
  cells: document.querySelectorAll("a[data-opens]").length,
  scripts: document.scripts.length, hooks: document.querySelectorAll("[onerror], [onload], [onclick], [style]:not(.peek)").length,
  // Links inside the page without a target, and images without a text.
  lost: [...document.querySelectorAll("a[href^='#']")].filter((a) => !document.getElementById(a.hash.slice(1))).length,
  wordless: [...document.images].filter((image) => !image.alt && !image.closest("[aria-hidden]")).length,
  broken: [...document.images].filter((image) => image.complete && image.naturalWidth === 0).length,
}));
console.log(`     ${JSON.stringify(counts)}`);
expect(counts.scripts === 2 + (counts.spots ? 1 : 0) && counts.hooks === 0, "the page has only its own scripts, and no handlers or styles in attributes");
expect(counts.lost === 0, "every link inside the page has a target");
expect(counts.wordless === 0 && counts.broken === 0, "every image is loaded and has a text");
await screenshot("1280-light");
await accessible("light, at 1280 pixels");

// Tab reaches every control, and the focus is visible on each.
const expected = await run(() => {
  const wanted = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
  const there = wanted.filter((node) => node.checkVisibility({ visibilityProperty: true }) && node.tabIndex >= 0 && !node.disabled);
  there.forEach((node, at) => { node.dataset.walk = at; });
  window.scrollTo(0, 0);
  document.activeElement?.blur();
  return there.length;
});
const reached = new Set();
const unseen = [];
for (let step = 0; step < expected + 40; step += 1) {
  await press("Tab");
  const at = await run(() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const style = getComputedStyle(node);
    const seen = style.outlineStyle !== "none" || node.classList.contains("seen");
    return { walk: node.dataset.walk ?? null, seen, what: node.outerHTML.slice(0, 120) };
  });
  if (!at) { if (reached.size) break; continue; }
  if (at.walk !== null) reached.add(at.walk);
  if (!at.seen) unseen.push(at.what);
}
expect(reached.size === expected, `Tab reaches every control (${reached.size} of ${expected})`);
expect(unseen.length === 0, "the focus is visible on every control", unseen.slice(0, 3));

// Tabs.
if (counts.tabs) {
  await run(() => document.querySelector("[role=tab]").focus());
  const titles = () => run(() => {
    const list = document.querySelector("[role=tablist]");
    const chosen = list.querySelector("[aria-selected=true]");
    const panels = [...list.parentElement.children].slice(1);
    return { chosen: [...list.children].indexOf(chosen), shown: panels.map((panel) => !panel.hidden), focus: document.activeElement === chosen };
  });
  const before = await titles();
  await press("ArrowRight");
  const after = await titles();
  expect(before.chosen === 0 && after.chosen === 1 && after.focus && after.shown[1] && !after.shown[0], "an arrow key selects the next tab", after);
}

// The confusion matrix.
if (counts.cells) {
  await run(() => document.querySelector("a[data-opens]").focus());
  await press("Enter");
  await pause();
  const opened = await run(() => {
    const cell = document.querySelector("a[data-opens]");
    const behind = document.getElementById(cell.dataset.opens);
    return { open: document.querySelector("dialog").open, shown: document.querySelectorAll("dialog img").length, behind: behind.querySelectorAll("img").length };
  });
  expect(opened.open && opened.shown > 0 && opened.shown === opened.behind, "Enter on a cell opens its images", opened);
  await accessible("with the images of a cell open");
  await press("Escape");
  await pause();
  expect(await run(() => !document.querySelector("dialog").open && document.activeElement === document.querySelector("a[data-opens]")), "Escape closes the images and restores the focus");
}

// The map.
if (counts.spots) {
  const first = ".map .thumb:last-of-type";
  const at = await middle(first);
  await mouse("mouseMoved", at);
  await pause();
  const peek = () => run(() => { const box = document.querySelector(".peek"); return { hidden: box.hidden, image: Boolean(box.querySelector("img")?.naturalWidth), words: box.textContent }; });
  let seen = await peek();
  expect(!seen.hidden && seen.image && seen.words.length > 0, "hovering shows the image", seen);
  await screenshot("1280-light-hover");
  await click(at);
  await pause();
  expect(await run(() => document.querySelector("dialog").open && document.querySelectorAll("dialog dd").length >= 5), "a click opens the details of the image");
  await accessible("with details open");
  await press("Escape");
  await pause();
  await mouse("mouseMoved", { x: 2, y: 2 });

  const focus = () => run(() => document.activeElement?.dataset?.spot ?? null);
  await run(() => document.querySelector(".map .thumb[tabindex='0']").focus());
  const from = await focus();
  const moves = new Set();
  for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) { await press(key); moves.add(await focus()); }
  moves.delete(from);
  expect(moves.size > 0 && !moves.has(null), "arrow keys move from image to image");
  seen = await peek();
  expect(!seen.hidden, "the image with the focus is shown");
  await press("Enter");
  await pause();
  expect(await run(() => document.querySelector("dialog").open), "Enter opens the details of the image");
  const held = await focus();
  await press("Escape");
  await pause();
  expect(held === null && (await focus()) !== null, "Escape closes the details and returns the focus to the map");

  const width = () => run(() => document.querySelector(".map .plane").getBoundingClientRect().width);
  const small = await width();
  await press("+");
  expect((await width()) > small * 1.2, "+ zooms in");
  await press("0");
  expect(Math.abs((await width()) - small) < 1, "0 shows the whole map");

  const shown = () => run(() => ({ on: document.querySelectorAll(".map .thumb:not(.off)").length, status: document.querySelector(".status").textContent }));
  const own = await run(() => JSON.parse(document.querySelector(".data").textContent).spots.filter((spot) => spot.label === 0).length);
  await click(await middle(".tools [name=class]"));
  let state = await shown();
  expect(state.on === counts.spots - own && state.status.startsWith(`${state.on} of ${counts.spots}`), "a class can be hidden", state);
  await click(await middle(".tools [name=class]"));
  await click(await middle(".tools [name=wrong]"));
  const wrong = await run(() => JSON.parse(document.querySelector(".data").textContent).spots.filter((spot) => spot.label !== spot.predicted).length);
  state = await shown();
  expect(state.on === wrong, "only wrong predictions can be shown", state);
  await click(await middle(".tools [name=wrong]"));
}

// The switch between light and dark.
const paper = () => run(() => getComputedStyle(document.body).backgroundColor);
const light = await paper();
await click(await middle(".theme"));
await pause();
const dark = await paper();
expect(light !== dark && (await run(() => document.querySelector(".theme").getAttribute("aria-pressed"))) === "true", "the switch selects the dark theme", { light, dark });
await accessible("dark theme by the switch");
await run(() => { try { localStorage.clear(); } catch { /* none */ } });

// The dark theme of the system, the width of a phone, no scripts, and paper.
await load({ scheme: "dark" });
expect((await paper()) === dark, "dark theme of the system");
await screenshot("1280-dark");
await accessible("dark theme of the system");
await load({ width: 390 });
const wide = await run(() => document.documentElement.scrollWidth);
expect(wide <= 390, "at the width of a phone the page scrolls only vertically", wide);
await screenshot("390-light");
await accessible("on a phone");
await load({ width: 390, scheme: "dark" });
await screenshot("390-dark");

await send("Emulation.setScriptExecutionDisabled", { value: true });
await load();
await send("Emulation.setScriptExecutionDisabled", { value: false });
const bare = await run(() => ({
  folded: [...document.querySelectorAll(".tabs > .panel")].filter((panel) => !panel.checkVisibility()).length,
  controls: [...document.querySelectorAll(".tools, .theme, .keys")].filter((node) => node.checkVisibility()).length,
  map: document.querySelectorAll(".map svg[role=img] image").length,
}));
expect(bare.folded === 0 && bare.controls === 0, "without scripts all contents are visible, and no control of a script is", bare);
expect(bare.map === counts.spots || counts.spots === 0, "without scripts the map is a static image", bare);
await screenshot("1280-no-script");

await load();
const { data } = await send("Page.printToPDF", { printBackground: true, preferCSSPageSize: true });
if (options.screenshots) writeFileSync(join(options.screenshots, "print.pdf"), Buffer.from(data, "base64"));
expect(data.length > 10000, "the page can be printed");

const foreign = requests.filter((url) => url !== address);
expect(foreign.length === 0, "the only request is for the file itself", foreign.slice(0, 5));
expect(messages.length === 0, "the console has no messages", messages.slice(0, 5));
await browser.close();
console.log(failures === 0 ? `${file}: all checks passed` : `${file}: ${failures} failed check${failures === 1 ? "" : "s"}`);
process.exit(failures === 0 ? 0 : 1);
