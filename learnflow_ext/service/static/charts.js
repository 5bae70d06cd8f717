// Draws the page's charts with Vega-Lite. Without this script, their numbers are in a table all the same.
"use strict";

(() => {
  const NARROW = 480; // px of a phone

  function themed(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // The server names colours as the style sheet does: `--accent`.
  function coloured(part) {
    if (typeof part === "string") return part.startsWith("--") ? themed(part) || part : part;
    if (Array.isArray(part)) return part.map(coloured);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, coloured(value)]));
  }

  function config(width) {
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map(themed);
    const words = { labelColor: soft, titleColor: soft, labelFontSize: 13, titleFontSize: 13, titleFontWeight: 400 };
    return {
      font: getComputedStyle(document.body).fontFamily,
      background: "transparent",
      view: { stroke: null },
      axis: { ...words, gridColor: line, labelLimit: Math.max(110, width * 0.38) },
      legend: { ...words, labelColor: ink, columns: width < NARROW ? 1 : 6, offset: 10 },
      text: { color: ink },
    };
  }

  // A chart has all it needs with it.
  const loader = vega.loader();
  loader.load = () => Promise.reject(new Error("Charts load nothing."));

  const views = new Map();

  async function draw(figure) {
    const place = figure.querySelector(".picture");
    const { spec, rows } = JSON.parse(figure.querySelector("script").textContent);
    const home = figure.dataset.home;
    const values = rows.map((row) => (row.href ? { ...row, href: home + row.href } : row));
    place.hidden = false;
    const whole = {
      ...coloured(spec),
      width: "container",
      autosize: { type: "fit-x", contains: "padding" },
      data: { values },
      config: config(place.clientWidth),
    };
    views.get(figure)?.finalize();
    // An interpreter in place of generated code: the page's policy allows no eval.
    const runtime = vega.parse(vega.compile(whole).spec, null, { ast: true });
    const view = new vega.View(runtime, {
      expr: vega.expressionInterpreter,
      loader,
      renderer: "svg",
      container: place,
      hover: true,
    });
    views.set(figure, view);
    await view.runAsync();
  }

  // The table says "10:20 UTC" to who has no scripts; the picture has the reader's own clock.
  document.querySelectorAll("time.clock").forEach((time) => {
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  });

  const figures = [...document.querySelectorAll("figure.chart")];
  figures.forEach(async (figure) => {
    const numbers = figure.parentElement.querySelector(".numbers");
    try {
      await draw(figure);
      if (numbers) numbers.open = false;
    } catch (error) {
      // The table stays open.
      figure.querySelector(".picture").hidden = true;
      console.error(error);
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figures.forEach(draw));
})();
