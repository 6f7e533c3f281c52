"use strict";
(() => {
  const table = document.getElementById("runs-table");
  const at = (id) => document.getElementById(id);
  const [form, search, which, count] = ["filters", "search", "which", "count"].map(at);
  const body = table.tBodies[0], lines = [...body.rows];
  const verdicts = [...new Set(lines.map((line) => line.dataset.verdict))].sort();
  which.append(...verdicts.map((verdict) => new Option(verdict, verdict)));

  const renew = () => {
    const words = search.value.toLowerCase();
    let shown = 0;
    for (const line of lines) {
      line.hidden = !(line.textContent.toLowerCase().includes(words)
        && (which.value === "" || line.dataset.verdict === which.value));
      shown += !line.hidden;
    }
    count.textContent = `${shown} of ${lines.length} runs shown`;
  };
  const order = (cell) => {
    const number = Number(cell.dataset.order);
    return cell.dataset.order === "" ? null : Number.isNaN(number) ? cell.dataset.order : number;
  };
  const before = (one, other) => {
    if (one === null || other === null) return (one === null) - (other === null);
    if (typeof one === typeof other) return one < other ? -1 : Number(one > other);
    return typeof one === "number" ? -1 : 1;
  };
  const sort = (head) => {
    const down = head.getAttribute("aria-sort") === "ascending", place = head.cellIndex;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const placed = lines.map((line) => [order(line.cells[place]), line]);
    placed.sort(([one], [other]) => one === null || other === null || !down ? before(one, other) : before(other, one));
    body.append(...placed.map(([, line]) => line));
  };
  for (const button of table.tHead.querySelectorAll("button")) {
    button.disabled = false;
    button.addEventListener("click", () => sort(button.closest("th")));
  }
  const differing = at("differing");
  if (differing) differing.addEventListener("input", () => {
    for (const line of document.querySelectorAll("tr[data-same]")) line.hidden = differing.checked;
  });
  form.hidden = false;
  form.addEventListener("input", renew);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(renew));
  renew();
})();
