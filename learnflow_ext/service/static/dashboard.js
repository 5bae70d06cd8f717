// Keeps the dashboard live: a websocket brings lines of the feed, and says what else to fetch.
"use strict";

(() => {
  const LONGEST_WAIT = 30000; // ms between attempts to connect
  const CALM = 700; // ms between two refreshes of the same part, at least
  const SHARE = 10; // so many times longer than the last one took: a large table must not hold up the lines
  const LONGEST_CALM = 10000;
  const SETTLED = 5000; // ms until the feed, whose lines came by themselves, is fetched as a whole
  const LINES = 40; // of the feed, as the server shows it
  const status = document.getElementById("live");
  const words = { connecting: "Connecting…", live: "Live", lost: "Reconnecting…" };
  const last = new Map();
  const planned = new Map();
  const took = new Map(); // ms from asking for a part until it was on the screen
  let attempts = 0;

  function show(state) {
    if (status.dataset.state !== state) {
      status.dataset.state = state;
      status.querySelector(".live-text").textContent = words[state];
    }
  }

  function refresh(part, least = 0) {
    if (planned.has(part)) return;
    const calm = Math.min(LONGEST_CALM, Math.max(CALM, SHARE * (took.get(part) ?? 0)));
    const wait = Math.max(least, (last.get(part) ?? 0) + calm - Date.now());
    planned.set(
      part,
      setTimeout(() => {
        planned.delete(part);
        last.set(part, Date.now());
        document.body.dispatchEvent(new CustomEvent(`${part}-changed`));
      }, wait),
    );
  }

  function connect() {
    const url = new URL(document.body.dataset.socket, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      attempts = 0;
      show("live");
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.kind === "hello") {
        refresh("scores"); // what happened while nobody listened
        refresh("feed");
      } else if (message.kind === "changed") {
        message.what.forEach((part) => refresh(part, part === "feed" ? SETTLED : 0));
      } else if (message.kind === "happened" && message.text) {
        told.push(message);
        if (told.length > LINES) told.shift();
        if (add(message)) announce();
      }
    });
    socket.addEventListener("close", () => {
      show("lost");
      const wait = Math.min(LONGEST_WAIT, 500 * 2 ** attempts) * (0.75 + Math.random() / 2);
      attempts += 1;
      setTimeout(connect, wait);
    });
  }

  function localTimes(root) {
    root.querySelectorAll("time[datetime]").forEach((time) => {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.valueOf())) time.title = moment.toLocaleString();
    });
  }

  function newest(root) {
    const first = root.querySelector("li[data-sequence]");
    return first ? Number(first.dataset.sequence) : 0;
  }

  let seen = newest(document);
  const told = []; // by the socket, lately

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  // As in feed.html; what somebody wrote is only ever text.
  function add(line) {
    const feed = document.getElementById("feed");
    if (feed.querySelector(`li[data-sequence="${Number(line.sequence)}"]`)) return false;
    const item = element("li", "", { class: `tone-${line.tone} fresh`, "data-sequence": Number(line.sequence) });
    const said = element("p", "");
    said.append(element("strong", line.who), ` ${line.text}`);
    item.append(element("span", "", { class: "mark", "aria-hidden": "true" }), said);
    item.append(element("time", "just now", { datetime: line.time }));
    let list = feed.querySelector("ol");
    if (!list) {
      list = element("ol", "", { class: "feed" });
      feed.replaceChildren(list);
    }
    const older = [...list.children].find((other) => Number(other.dataset.sequence) < line.sequence);
    list.insertBefore(item, older ?? null);
    while (list.children.length > LINES) list.lastElementChild.remove();
    localTimes(item);
    return true;
  }

  function announce() {
    const feed = document.getElementById("feed");
    if (newest(feed) <= seen) return;
    seen = newest(feed);
    document.getElementById("announce").textContent = feed.querySelector("li p").textContent;
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const root = event.detail.target;
    requestAnimationFrame(() => {
      setTimeout(() => took.set(root.id, Date.now() - (last.get(root.id) ?? Date.now())));
    });
    localTimes(root);
    if (root.id !== "feed") return;
    root.querySelectorAll("li[data-sequence]").forEach((item) => {
      if (Number(item.dataset.sequence) > seen) item.classList.add("fresh");
    });
    // What came while it was on its way is not in it.
    told.filter((line) => line.sequence > newest(root)).forEach(add);
    announce();
  });

  localTimes(document);
  connect();
})();
