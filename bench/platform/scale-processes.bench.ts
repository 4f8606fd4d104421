/** What a running function takes of a node: the memory of its process, and its blobs. docs/scale.md uses the figures. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Bench, median, type Row } from "../harness.ts";
import { makeProject, startPlatform } from "./running-platform.ts";

/** Small functions, each with some code of its own, so that no two share a bundle. */
const SMALL = (index: number) =>
	`const texts = [${index}, "some text"];\nDeno.serve(() => new Response(\`\${Deno.pid} \${texts[0]}\`));\n`;
/** The same with a package of npm that has no dependencies. */
const WITH_PACKAGE = (index: number) => `import { z } from "npm:zod@3.23.8";
const number = z.number().parse(${index});
Deno.serve(() => new Response(\`\${Deno.pid} \${number}\`));
`;

interface Memory {
	/** With the pages that it shares with other processes. */
	readonly residentMB: number;
	/** Each shared page counts in part, so that the sum over all processes is what they take together. */
	readonly proportionalMB: number;
}

async function memoryOf(pid: number): Promise<Memory> {
	const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
	const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) / 1024;
	return { residentMB: of("Rss"), proportionalMB: of("Pss") };
}

async function bytesIn(folder: string): Promise<number> {
	const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
		one.isFile(),
	);
	const sizes = names.map(async (one) => (await stat(join(one.parentPath, one.name))).size);
	return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function rowsOf(kind: string, memory: readonly Memory[], blobBytes: number): Row[] {
	const shown = (of: (one: Memory) => number) => `${median(memory.map(of)).toFixed(0)} MB`;
	const functions = `${memory.length} functions ${kind}`;
	return [
		{
			figure: `memory of a function's process, ${functions}`,
			target: "shown",
			measured: shown(({ proportionalMB }) => proportionalMB),
			beside: `with shared pages: ${shown(({ residentMB }) => residentMB)}`,
			reached: true,
		},
		{
			figure: `blobs of a function, ${functions}`,
			target: "shown",
			measured: `${(blobBytes / memory.length / 1024).toFixed(1)} KiB`,
			beside: "bundle, source map, source",
			reached: true,
		},
	];
}

export const bench: Bench = {
	name: "what a running function takes",
	async run(context) {
		const count = context.smoke ? 1 : 12;
		await using platform = await startPlatform(context);
		const rows: Row[] = [];
		const kinds = { small: SMALL, "with a package": WITH_PACKAGE };
		for (const [kind, source] of Object.entries(kinds).slice(0, context.smoke ? 1 : 2)) {
			const names = Array.from({ length: count }, (_, index) => `f${index}`);
			const files = names.map((name, index) => [`functions/${name}/index.ts`, source(index)] as const);
			const before = rows.length === 0 ? 0 : await bytesIn(join(context.folder, "data/blobs"));
			const app = kind.replaceAll(" ", "-");
			await makeProject(context, platform, platform.control, Object.fromEntries(files), ["ANY=value"], app);
			const pids: number[] = [];
			for (const name of names) {
				const text = await (await fetch(`${platform.listen}/${app}/${name}`)).text();
				pids.push(Number(text.split(" ")[0]));
			}
			const bytes = (await bytesIn(join(context.folder, "data/blobs"))) - before;
			rows.push(...rowsOf(kind, await Promise.all(pids.map(memoryOf)), bytes));
		}
		return rows;
	},
};
