// The CSRF token of now: a sign-in in another tab renews the cookie, never the tokens drawn into this page.

export const csrfToken = () => {
  const name = `${document.documentElement.dataset.csrfCookie}=`;
  const cookie = document.cookie.split("; ").find((part) => part.startsWith(name));
  return cookie && decodeURIComponent(cookie.slice(name.length));
};
