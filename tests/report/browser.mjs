// Headless Chromium, controlled with the Chrome DevTools Protocol over a pipe. It needs no package and no open port.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts Chromium with an empty page. `send(method, params)` calls a method, and `on(method, listener)` subscribes to an event. */
export async function open(program) {
  const profile = mkdtempSync(join(tmpdir(), "report-browser-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
    "--no-first-run", "--disable-component-update", "--disable-background-networking", `--user-data-dir=${profile}`, "about:blank"];
  const child = spawn(program, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , to, from] = child.stdio;
  const waiting = new Map();
  const listeners = new Map();
  let number = 0;
  let rest = Buffer.alloc(0);
  const receive = (message) => {
    if (message.id === undefined) {
      for (const listener of listeners.get(message.method) ?? []) listener(message.params);
      return;
    }
    const [resolve, reject] = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) reject(new Error(`${message.error.message} ${message.error.data ?? ""}`));
    else resolve(message.result);
  };
  from.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      const message = JSON.parse(rest.subarray(0, end).toString());
      rest = rest.subarray(end + 1);
      receive(message);
    }
  });
  const fail = (reason) => { for (const [, reject] of waiting.values()) reject(new Error(reason)); };
  child.on("error", (error) => fail(`${program}: ${error.message}`));
  child.on("exit", () => fail(`${program} exited`));
  let session;
  const send = (method, params = {}) => new Promise((resolve, reject) => {
    number += 1;
    waiting.set(number, [resolve, reject]);
    to.write(`${JSON.stringify({ id: number, method, params, ...(session && { sessionId: session }) })}\0`);
  });
  const { targetInfos } = await send("Target.getTargets");
  const page = targetInfos.find((target) => target.type === "page");
  session = (await send("Target.attachToTarget", { targetId: page.targetId, flatten: true })).sessionId;
  return {
    send,
    on: (method, listener) => listeners.set(method, [...(listeners.get(method) ?? []), listener]),
    /** Runs a function in the page and returns its result. */
    async run(code, ...values) {
      const expression = `(${code})(...${JSON.stringify(values)})`;
      const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async close() {
      await send("Browser.close").catch(() => {});
      await new Promise((resolve) => { if (child.exitCode !== null) resolve(); else child.once("exit", resolve); });
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
