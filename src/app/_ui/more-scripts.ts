/**
 * The typefaces of our documents beyond Latin, Greek and Cyrillic, for screens on machines that have none: the same Noto packages that the
 * PDF is set in, each cut by Unicode range, so that a browser fetches the files of the letters it shows and no others.
 * The rules alone are 300 kB, which is why they are asked for once a page stands (`MoreScripts`) and not with it.
 */
import "@fontsource-variable/noto-sans";
import "@fontsource-variable/noto-sans-arabic";
import "@fontsource-variable/noto-sans-hebrew";
import "@fontsource-variable/noto-sans-thai";
import "@fontsource-variable/noto-sans-jp";
import "@fontsource-variable/noto-sans-kr";
import "@fontsource-variable/noto-sans-sc";
