// The cross in a search empties it, and so shows what there is without it. The browser says "search" for
// the cross as for Enter; an empty one that was full when the page came was emptied.

document.addEventListener("search", (event) => {
  const field = event.target;
  if (!field.matches("[data-search]") || field.value || !field.defaultValue) return;
  field.form.requestSubmit();
});
