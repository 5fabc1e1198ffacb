/** The cookie that remembers a person's own choice of theme; holds `dark` or `light`, nothing else. */
export const themeCookie = "overread-theme";
