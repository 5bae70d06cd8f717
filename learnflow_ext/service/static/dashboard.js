// Keeps the dashboard live: a websocket brings lines of the feed, and says what else to fetch.
"use strict";

(() => {
  const LONGEST_WAIT = 30000; // ms between attempts to connect
  const CALM = 700; // ms between two refreshes of the same part, at least
  const SHARE = 30; // so many times longer than the last one took: who fetches or draws a table shows no line
  const LONGEST_CALM = 4000;
  const SETTLED = 20000; // ms until the feed, whose lines came by themselves, is fetched as a whole
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
    const calm = Math.min(LONGEST_CALM, Math.max(CALM, SHARE * (took.get(part) ?? 0)));
    const at = Math.max(Date.now() + least, (last.get(part) ?? 0) + calm);
    const before = planned.get(part);
    if (before) {
      if (before.at <= at) return;
      clearTimeout(before.timer);
    }
    const timer = setTimeout(() => {
      planned.delete(part);
      last.set(part, Date.now());
      document.body.dispatchEvent(new CustomEvent(`${part}-changed`));
    }, at - Date.now());
    planned.set(part, { at, timer });
  }

  function connect() {
    const url = new URL(document.body.dataset.socket, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      // Not when it opens: a server that closes at once would be asked again and again.
      attempts = 0;
      show("live");
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

  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function localTimes(root) {
    root.querySelectorAll("time[datetime]").forEach((time) => {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.valueOf())) time.title = clock.format(moment);
    });
  }

  // Draws `root` anew; who was on a link of it is on the one in its place.
  function keepingFocus(root, draw) {
    const place = [...root.querySelectorAll("a")].indexOf(document.activeElement);
    draw();
    if (place >= 0) root.querySelectorAll("a")[place]?.focus({ preventScroll: true });
  }

  let rows = []; // of the table of students as it was last fetched: what came before the first row, then each row

  // Drawing a table of two thousand cells takes a tenth of a second, in which no line of the feed shows, and takes
  // the focus from who moves in it: only what changed is drawn. False where that cannot be: another page, another table.
  function patched(root, html) {
    const before = rows;
    rows = html.split("<tr>");
    const there = [...root.querySelectorAll("tr")];
    const behind = (all) => all.at(-1).split("</tr>")[1];
    if (!there.length || before.length !== rows.length || there.length !== rows.length - 1) return false;
    if (behind(before) !== behind(rows)) return false;
    if (before[0] !== rows[0]) {
      const top = document.createElement("template");
      top.innerHTML = rows[0];
      const summary = root.querySelector(".summary");
      keepingFocus(summary, () => summary.replaceChildren(...top.content.querySelector(".summary").children));
    }
    there.forEach((row, place) => {
      if (before[place + 1] === rows[place + 1]) return;
      keepingFocus(row, () => {
        row.innerHTML = rows[place + 1].split("</tr>")[0];
      });
      localTimes(row);
    });
    return true;
  }

  function drawn(part) {
    requestAnimationFrame(() => {
      setTimeout(() => took.set(part, Date.now() - (last.get(part) ?? Date.now())));
    });
  }

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target.id !== "scores" || xhr.status !== 200 || !patched(target, xhr.responseText)) return;
    event.detail.shouldSwap = false;
    drawn("scores");
  });

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
    drawn(root.id);
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
