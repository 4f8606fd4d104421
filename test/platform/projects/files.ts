/** Projects that read files beside their code, in all usual ways. */
import type { Project } from "./project.ts";

/** The text of a file with these bytes, all of which are below 128. */
const textOf = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex").toString("latin1");
/** (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)) */
const ADD = textOf("0061736d01000000 01070160027f7f017f 03020100 070701036164640000 0a09010700200020016a0b");
/** (module (import "./twice.ts" "twice" (func (param i32) (result i32))) (func (export "four") (result i32) i32.const 2 call 0)) */
const FOUR = textOf(
	"0061736d01000000 010a0260017f017f6000017f 021401 0a2e2f74776963652e7473 057477696365 0000 03020101 07080104666f75720001 0a08010600410210000b",
);

const PAGE = "<h1>página</h1>\n";

const reading = (name: string, entry: string, files: Record<string, string> = {}): Project => ({
	name,
	files: { "index.ts": entry, "page.html": PAGE, ...files },
	paths: ["/"],
	by: "serve",
});

export const FILES: readonly Project[] = [
	reading(
		"read-text-file",
		`export default { fetch: async () => new Response(await Deno.readTextFile(new URL("./page.html", import.meta.url))) };
`,
	),
	reading(
		"read-at-start",
		`const page = Deno.readTextFileSync(new URL("page.html", import.meta.url));
const bytes = await Deno.readFile(new URL("./page.html", import.meta.url));
export default { fetch: () => new Response(page + bytes.length) };
`,
	),
	reading(
		"open-and-stream",
		`export default { fetch: async () => new Response((await Deno.open(new URL("./page.html", import.meta.url))).readable) };
`,
	),
	reading(
		"node-fs",
		`import { createReadStream, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import path from "node:path";
import { fileURLToPath } from "node:url";
const __filename = fileURLToPath(import.meta.url);
const __dirname = path.dirname(__filename);
const file = path.join(__dirname, "page.html");
export default { fetch: async () => {
	const [text, bytes] = [readFileSync(file, "utf8"), await readFile(new URL("./page.html", import.meta.url))];
	const parts: Uint8Array[] = [];
	for await (const part of createReadStream(file)) parts.push(part);
	return Response.json({ text, length: bytes.length, streamed: parts.map((part) => part.length), base: path.basename(__filename) });
} };
`,
	),
	reading(
		"fetch-a-file",
		`export default { fetch: async () => {
	const [one, other] = await Promise.all([fetch(new URL("./page.html", import.meta.url)), fetch(import.meta.resolve("./page.html"))]);
	return Response.json([one.status, await one.text(), await other.text()]);
} };
`,
	),
	reading(
		"dirname",
		`import { join } from "node:path";
const pages = join(import.meta.dirname!, "pages");
const read = (name: string) => Deno.readTextFile(join(pages, \`\${name}.html\`));
export default { fetch: async () => {
	const names = (await Array.fromAsync(Deno.readDir(pages))).map(({ name }) => name).sort();
	const missing = await read("none").catch((error) => error.name);
	return Response.json({ names, all: await Promise.all(["home", "a b (1)", "ñ"].map(read)), missing });
} };
`,
		{ "pages/home.html": "home", "pages/a b (1).html": "odd", "pages/ñ.html": "other" },
	),
	reading(
		"module-places",
		`import { place, read } from "./lib/read.ts";
export default { fetch: async () => Response.json({
	here: import.meta.filename!.endsWith("/index.ts"),
	main: typeof import.meta.main,
	there: place,
	text: await read(),
	up: await Deno.readTextFile(new URL(".", import.meta.url).pathname + "page.html"),
}) };
`,
		{
			"lib/read.ts": `const { dirname, url, main } = import.meta;
export const place = [dirname!.split("/").at(-1), url.split("/").at(-1), main];
export const read = () => Deno.readTextFile(new URL("../page.html", url));
`,
		},
	),
	reading(
		"imported-data",
		`import bytes from "./page.html" with { type: "bytes" };
import text from "./page.html" with { type: "text" };
import data from "./data.json" with { type: "json" };
const late = await import("./data.json", { with: { type: "json" } });
export default { fetch: () => Response.json({ bytes: [bytes instanceof Uint8Array, bytes.length], text, data, late: late.default }) };
`,
		{ "data.json": '{ "a": [1, 2] }', "deno.json": '{ "unstable": ["raw-imports"] }' },
	),
	reading(
		"pdfkit-fonts",
		`import PDFDocument from "npm:pdfkit@0.17.2";
export default { fetch: () => new Promise<Response>((resolve, reject) => {
	const pdf = new PDFDocument({ font: "Times-Roman", compress: false });
	const parts: Uint8Array[] = [];
	pdf.on("data", (part: Uint8Array) => parts.push(part));
	pdf.on("error", reject);
	pdf.on("end", () => resolve(new Response(parts.map((part) => new TextDecoder("latin1").decode(part)).join("").slice(0, 8))));
	pdf.font("Helvetica").text("hello");
	pdf.end();
}) };
`,
	),
	reading(
		"static-files",
		`const load = async (name: string | null) => await Deno.readTextFile(new URL(name ?? "", import.meta.url));
export default { fetch: async () => Response.json([await load("./page.html"), await load("./deep/er/a.txt")]) };
`,
		{
			"function.jsonc": '{ "static_files": ["*.html", "./deep/**/*.txt"] }',
			"deep/er/a.txt": "a",
			"deep/er/b.md": "b",
		},
	),
	reading(
		"wasm",
		`import { add } from "./add.wasm";
const streamed = await WebAssembly.instantiateStreaming(fetch(new URL("./add.wasm", import.meta.url)));
const read = await WebAssembly.instantiate(await Deno.readFile(new URL("./add.wasm", import.meta.url)));
const compiled = await WebAssembly.compileStreaming(fetch(import.meta.resolve("./add.wasm")));
export default { fetch: () => Response.json([
	add(1, 2), streamed.instance.exports.add(3, 4), read.instance.exports.add(5, 6), WebAssembly.Module.exports(compiled),
]) };
`,
		{ "add.wasm": ADD },
	),
	reading(
		"wasm-with-imports",
		`import { four } from "./twice.wasm";
export default { fetch: () => new Response(String(four())) };
`,
		{ "twice.wasm": FOUR, "twice.ts": "export const twice = (value: number) => value * 2;\n" },
	),
	reading(
		"worker",
		`const ask = (value: number) => new Promise((resolve, reject) => {
	const worker = new Worker(new URL("./jobs/double.ts", import.meta.url), { type: "module" });
	worker.onerror = (event) => reject(event.message);
	worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
	worker.postMessage(value);
});
export default { fetch: async () => Response.json(await ask(21)) };
`,
		{
			"jobs/double.ts": `import { double } from "./math.ts";
import ms from "npm:ms@2.1.3";
self.onmessage = async ({ data }: MessageEvent<number>) => {
	const page = await Deno.readTextFile(new URL("../page.html", import.meta.url));
	self.postMessage([double(data), ms("1s"), page]);
};
`,
			"jobs/math.ts": "export const double = (value: number) => value * 2;\n",
		},
	),
	reading(
		"worker-in-a-worker",
		`const ask = () => new Promise((resolve, reject) => {
	const worker = new Worker(new URL("./jobs/outer.ts", import.meta.url), { type: "module" });
	worker.onerror = (event) => reject(event.message);
	worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
});
export default { fetch: async () => Response.json(await ask()) };
`,
		{
			"jobs/outer.ts": `const worker = new Worker(new URL("./deep/inner.ts", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => self.postMessage([data, import.meta.main, Deno.env.get("PROJECT_KEY")]);
`,
			"jobs/deep/inner.ts": `import { double } from "../math.ts";
const page = await Deno.readTextFile(new URL("../../page.html", import.meta.url));
self.postMessage([double(4), page, import.meta.main, Deno.env.get("PROJECT_KEY")]);
`,
			"jobs/math.ts": "export const double = (value: number) => value * 2;\n",
		},
	),
];
