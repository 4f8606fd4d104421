/** Names and paths that some program could resolve to a place outside of their folder. */

/** The name of every file that would be written contains this. */
export const MARK = "escaped-3d1f";

const UPS = ["..", "../..", "../../../../../../../..", "a/..", "a/../..", "./..", "functions/../../.."];
const SPELLED = [
	"..%2f",
	"..%5c",
	"..\\",
	"..\\..\\",
	"..;/",
	"....//",
	"..//",
	"..\u2215",
	"..\u2044",
	"..\uff0f",
	"\uff0e\uff0e/",
	"\u2024\u2024/",
	"..\u0000/",
	"..\n/",
	"..\u202e/",
	".. /",
	"../ ",
	"..\u200b/",
	"..%c0%af",
	"..%00/",
];
const ROOTS = [
	"/",
	"//",
	"///",
	"/etc/",
	"/tmp/",
	"/proc/self/cwd/",
	"/proc/self/root/",
	"/dev/shm/",
	"/dev/fd/",
	"file:///tmp/",
	"file:/tmp/",
	"C:\\",
	"C:/",
	"c:",
	"\\\\host\\share\\",
	"\\\\?\\C:\\",
	"//host/share/",
	"\\",
	"\\tmp\\",
];
const INTO = ["../store.db", "blobs/../", ".git/hooks/", "../lock/", "../run/", "../logs/", ".env/"];

/**
 * These only look dangerous: they are plain names here, although a shell or a URL would treat them
 * differently.
 */
const LITERAL = [
	"%2e%2e/",
	"%2e%2e%2f",
	"%252e%252e%252f",
	"%c0%ae%c0%ae/",
	"%u002e%u002e/",
	"~/",
	"~root/",
	"$HOME/",
	"store.db/",
	"manifest.json/",
];

/** Valid paths that stay inside. */
export const LITERAL_PATHS = LITERAL.map((way) => `functions/${way}${MARK}.ts`);

/** Some program could resolve each of these to a file with the marker's name. */
export const PATHS = [
	...UPS.map((up) => `${up}/${MARK}.ts`),
	...SPELLED.map((up) => `${up}${MARK}.ts`),
	...SPELLED.map((up) => `functions/${up}${up}${MARK}.ts`),
	...ROOTS.map((root) => `${root}${MARK}.ts`),
	...INTO.map((way) => `${way}${MARK}.ts`),
];
export const NAMES = PATHS.map((path) => path.replace(/\.ts$/, ""));
