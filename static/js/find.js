// What is typed into [data-find] leaves of the [data-find-item] around it only those that contain it.

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches("[data-find]")) return;
  const part = field.value.trim().toLocaleLowerCase();
  for (const item of field.closest("[data-find-in]").querySelectorAll("[data-find-item]")) {
    item.hidden = !item.textContent.toLocaleLowerCase().includes(part);
  }
});
