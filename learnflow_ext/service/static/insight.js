// Says aloud what a button did, shows local times, and keeps up to date what is about this very moment.
"use strict";

(() => {
  const announce = document.getElementById("announce");

  function localTimes(root) {
    root.querySelectorAll("time[datetime]").forEach((time) => {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.valueOf())) time.title = moment.toLocaleString();
    });
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const form = document.querySelector(".note-form");
    if (event.detail.target.id === "notes") {
      form.reset();
      localTimes(event.detail.target);
      announce.textContent = "The note is posted.";
      return;
    }
    // It speaks for itself: it is a status line.
    if (event.detail.target.id === "named") return;
    // So is the preview of what changes.
    if (event.detail.target.id === "preview") return;
    // The bar says how far it is; twenty times a minute aloud is too often.
    if (event.detail.target.id === "regrading-bar") return;
    // An exercise that came back says why, or that its words are kept. Others may still say so of before.
    const { id } = event.detail.target;
    const verdict = id && document.getElementById(id)?.querySelector(".verdict");
    if (verdict) {
      verdict.focus();
      return;
    }
    announce.textContent = "Done. The next one follows.";
    const next = document.querySelector("#alerts .alert:not(.done) :is(button, input, textarea)");
    if (next) next.focus();
  });

  // Mistakes in a roster are shown where the preview would be, those in an exercise in its card.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    if (event.detail.xhr.status === 422 && (target.id === "preview" || target.matches("li.exercise"))) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // A file goes into the text, where it can be read before it is sent.
  const file = document.getElementById("roster-file");
  if (file) {
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (chosen) document.getElementById("roster-text").value = await chosen.text();
    });
  }

  document.body.addEventListener("htmx:responseError", (event) => {
    let sentence = "That did not work. Please load the page again.";
    try {
      sentence = JSON.parse(event.detail.xhr.responseText).message || sentence;
    } catch {
      // not from us: the sentence above stands
    }
    announce.textContent = sentence;
    announce.classList.remove("visually-hidden");
  });

  localTimes(document);

  const CALM = 5000; // ms between two looks
  const LONGEST_WAIT = 30000; // ms between attempts to connect
  const parts = (document.body.dataset.live ?? "").split(" ").filter(Boolean);
  let looked = 0;
  let planned = 0;
  let attempts = 0;

  // Whoever is at work in a part keeps it as it is.
  function inUse(part) {
    const chosen = getSelection();
    return (
      part.contains(document.activeElement) ||
      part.querySelector("details[open]") !== null ||
      (!chosen.isCollapsed && chosen.containsNode(part, true))
    );
  }

  async function look() {
    looked = Date.now();
    try {
      // With the word that it comes from one of our pages, as htmx sends it.
      const headers = JSON.parse(document.body.getAttribute("hx-headers"));
      const answer = await fetch(location.href, { headers });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      parts.forEach((id) => {
        const before = document.getElementById(id);
        const after = fresh.getElementById(id);
        if (!before || !after || inUse(before)) return;
        const moved = before.querySelector(".scroller")?.scrollLeft ?? 0;
        before.replaceWith(after);
        after.querySelector(".scroller")?.scrollTo({ left: moved });
        htmx.process(after);
        localTimes(after);
      });
    } catch {
      // the service is away: there is a next look
    } finally {
      planned = 0;
    }
  }

  function plan() {
    if (planned || document.hidden) return;
    planned = setTimeout(look, Math.max(0, looked + CALM - Date.now()));
  }

  function connect() {
    const url = new URL(document.body.dataset.socket, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.addEventListener("message", () => {
      attempts = 0;
      plan();
    });
    socket.addEventListener("close", () => {
      setTimeout(connect, Math.min(LONGEST_WAIT, 500 * 2 ** attempts) * (0.75 + Math.random() / 2));
      attempts += 1;
    });
  }

  if (parts.length) {
    connect();
    setInterval(plan, 60000); // minutes pass, and so may a message
    document.addEventListener("visibilitychange", plan);
  }
})();
