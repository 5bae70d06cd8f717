// Says aloud what a button did, shows local times, and tells when there is news.
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
})();
