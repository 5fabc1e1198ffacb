/**
 * The typefaces of our documents beyond Latin, Greek and Cyrillic, for machines without them: the same Noto packages as
 * in the PDF, split by Unicode range, so that a browser fetches only the files it needs. The style rules alone are 300
 * kB, so they are loaded after the page (`MoreTypefaces`).
 */
import "@fontsource-variable/noto-sans";
import "@fontsource-variable/noto-sans-arabic";
import "@fontsource-variable/noto-sans-hebrew";
import "@fontsource-variable/noto-sans-thai";
import "@fontsource-variable/noto-sans-jp";
import "@fontsource-variable/noto-sans-kr";
import "@fontsource-variable/noto-sans-sc";
