"use strict";
(() => {
  const source = document.getElementById("rows-data");
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
  if (!source) return;
  const { columns, words, rows } = JSON.parse(source.textContent);
  for (const [place, known] of Object.entries(words)) for (const row of rows) row[place] = known[row[place]];
  const [ID, GIVEN, TARGET, ANSWER, SURE, WRONG] = [0, 1, 2, 3, 4, 5];
  const STEP = 50, FOLDED = 240, MOST_CHOICES = 40;
  const slices = columns.slices.map((name, n) => ({ name, at: WRONG + 1 + n, kind: "short" }));
  const metrics = columns.metrics.map((name, n) => ({ name, at: WRONG + 1 + slices.length + n, kind: "short" }));
  const sure = rows.some((row) => row[SURE] !== null) ? [{ name: "score", at: SURE, kind: "short" }] : [];
  const shown = [
    { name: "row", at: ID, kind: "short" }, { name: "input", at: GIVEN, kind: "long" },
    { name: "target", at: TARGET, kind: "target" }, { name: "answer", at: ANSWER, kind: "answer" },
    ...sure, ...slices, ...metrics,
  ];
  const make = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };
  const at = (id) => document.getElementById(id);
  const [form, search, which, count, more] = ["filters", "search", "which", "count", "more"].map(at);
  const [head, body] = [at("table").tHead, at("table").tBodies[0]];
  const choices = [];

  const choose = (name, place) => {
    const values = [...new Set(rows.map((row) => row[place]))].sort();
    if (values.length < 2 || values.length > MOST_CHOICES) return;
    const label = make("label", name + " "), select = make("select");
    select.append(new Option("any", ""), ...values.map((value, n) => new Option(value, String(n + 1))));
    label.append(select);
    at("choices").append(label);
    choices.push({ place, select, values });
  };
  const chosen = ({ select, values }) => values[Number(select.value) - 1];
  choose("Target", TARGET);
  choose("Answer", ANSWER);
  for (const { name, at: place } of slices) choose(name, place);

  let found = [], drawn = 0;
  const matching = () => {
    const words = search.value.toLowerCase();
    const asked = choices.filter(({ select }) => select.value);
    return rows.filter((row) =>
      (which.value === "" || row[WRONG] === Number(which.value)) &&
      asked.every((one) => row[one.place] === chosen(one)) &&
      (!words || [ID, GIVEN, TARGET, ANSWER].some((place) => row[place].toLowerCase().includes(words))));
  };
  const cell = (row, { name, at: place, kind }) => {
    const value = row[place], text = value === null ? "–" : String(value);
    const made = make("td", undefined, kind);
    made.dataset.name = name;
    if (kind === "short" || text.length <= FOLDED) made.append(text);
    else {
      const folded = make("details"), summary = make("summary", text.slice(0, FOLDED) + " …");
      folded.append(summary, text.slice(FOLDED));
      made.append(folded);
    }
    return made;
  };
  const draw = () => {
    for (const row of found.slice(drawn, drawn + STEP)) {
      const line = make("tr", undefined, row[WRONG] ? "wrong" : "");
      line.append(...shown.map((column) => cell(row, column)));
      body.append(line);
    }
    drawn = Math.min(drawn + STEP, found.length);
    count.textContent = `${drawn} of ${found.length} matching rows shown`;
    more.hidden = drawn >= found.length;
  };
  const renew = () => {
    found = matching();
    drawn = 0;
    body.replaceChildren();
    draw();
  };
  head.append(make("tr"));
  for (const { name } of shown) {
    const title = make("th", name);
    title.scope = "col";
    head.rows[0].append(title);
  }
  form.hidden = false;
  form.addEventListener("input", renew);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(renew));
  more.addEventListener("click", () => {
    const next = drawn;
    draw();
    const line = body.rows[next];
    if (line) { line.tabIndex = -1; line.focus(); }
  });
  for (const button of document.querySelectorAll("button[data-target]")) {
    button.addEventListener("click", () => {
      form.reset();
      const wanted = [[TARGET, button.dataset.target], [ANSWER, button.dataset.answer]];
      for (const [place, value] of wanted) {
        const one = choices.find((choice) => choice.place === place);
        if (one) one.select.value = String(one.values.indexOf(value) + 1);
      }
      setTimeout(() => { renew(); at("rows-title").scrollIntoView(); search.focus({ preventScroll: true }); });
    });
  }
  renew();
})();
