// tools/viewer/page/picker.js - which episode is shown, and the list to choose from.

const mostListed = 200;

function fillPicker() {
  kinds.forEach(({ all }, kind) => {
    if (countOf(kind)) $("kind").append(element("option", { value: kind }, `${all} (${grouped(countOf(kind))})`));
  });
}
function showPicker({ kind, number }) {
  $("kind").value = kind;
  $("number").value = number;
  $("number").max = countOf(kind);
  $("of").textContent = `of ${grouped(countOf(kind))}`;
  $("episode-back").disabled = number <= 1;
  $("episode-next").disabled = number >= countOf(kind);
}

// Work and duration of the episodes of a kind: they are asked for only by the list.
function figuresOf(kind) {
  return ofKind[kind].map(index => {
    let cost = 0, elapsed = 0;
    for (let row = first[index]; row < first[index + 1]; ++row) {
      cost += rowCost[row];
      elapsed += row === first[index] ? 0 : rowCost[row] + rowWaited[row];
    }
    return { number: data.episodes[index][1], title: data.episodes[index][3], cost, elapsed,
             outcome: $("guess").checked ? "" : data.episodes[index][4] };
  });
}
function fillList() {
  const kind = Number($("kind").value), box = $("list-rows");
  const wanted = $("list-filter").value.toLowerCase(), order = $("list-order").value;
  const found = (kind === runKind ? [] : figuresOf(kind))
    .filter(one => `${one.number} ${one.title} ${one.outcome}`.toLowerCase().includes(wanted));
  if (order !== "time") found.sort((a, b) => b[order] - a[order]);
  $("list-title").textContent = kinds[kind].all;
  const table = element("table", {}, element("thead", {}, element("tr", {},
    ...["", "", "work", "duration"].map((text, column) =>
      text ? element("th", { scope: "col" }, text) : element("td", {})))));
  const body = element("tbody", {});
  for (const one of found.slice(0, mostListed))
    body.append(element("tr", {}, element("th", { scope: "row" },
      element("button", { class: "link", "data-number": one.number }, nameOfEpisode(kind, one.number))),
      element("td", {}, `${one.title}. ${one.outcome}`),
      element("td", { class: "figure" }, grouped(one.cost)),
      element("td", { class: "figure" }, grouped(one.elapsed))));
  table.append(body);
  const more = found.length - mostListed;
  box.replaceChildren(table);
  if (more > 0) box.append(element("p", { class: "quiet" }, `and ${grouped(more)} more: narrow the search`));
  if (!found.length) box.replaceChildren(element("p", {}, "None."));
}
