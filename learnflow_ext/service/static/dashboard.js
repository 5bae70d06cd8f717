// Keeps the dashboard live: a websocket says that something changed, htmx fetches it.
"use strict";

(() => {
  const LONGEST_WAIT = 30000; // ms between attempts to connect
  const CALM = 700; // ms between two refreshes of the same part
  const status = document.getElementById("live");
  const words = { connecting: "Connecting…", live: "Live", lost: "Reconnecting…" };
  const last = new Map();
  const planned = new Map();
  let attempts = 0;

  function show(state) {
    if (status.dataset.state !== state) {
      status.dataset.state = state;
      status.querySelector(".live-text").textContent = words[state];
    }
  }

  function refresh(part) {
    if (planned.has(part)) return;
    const wait = Math.max(0, (last.get(part) ?? 0) + CALM - Date.now());
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
      refresh("scores"); // what happened while nobody listened
      refresh("feed");
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.kind === "changed") message.what.forEach(refresh);
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

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const root = event.detail.target;
    localTimes(root);
    if (root.id !== "feed") return;
    root.querySelectorAll("li[data-sequence]").forEach((item) => {
      if (Number(item.dataset.sequence) > seen) item.classList.add("fresh");
    });
    if (newest(root) > seen) {
      seen = newest(root);
      document.getElementById("announce").textContent = root.querySelector("li p").textContent;
    }
  });

  localTimes(document);
  connect();
})();
