/* Before anything is drawn: the theme somebody chose on this site. */
try {
  const theme = localStorage.getItem("adhere-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* storage is forbidden here: the system's theme it is */ }
