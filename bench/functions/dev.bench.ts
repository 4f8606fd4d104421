/**
 * A changed file under `coffer dev`: the time until the first response of the new code, compared with `deno
 * run --watch` of the same file.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { cryptoReady } from "../../src/crypto.ts";
import { formatIdentity, newIdentity } from "../../src/identity/identity.ts";
import { findDeno } from "../../src/platform/runtime/deno-binary.ts";
import { type Bench, type BenchContext, paired, type Row, ratioRow, timeProcess } from "../harness.ts";
import { freePort, servedAt } from "../platform/running-platform.ts";

const RATIO_MAX = 1.5;
const OTHERS = 19;

/**
 * Under plain Deno, the same file listens on the given port. With the shared module, the graph has two files.
 */
const serving = (text: string) =>
	`import { answer } from "../shared/answer.ts";
Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8000) }, () => answer("${text} " + Deno.env.get("VALUE")));\n`;
const SHARED = "export const answer = (text: string) => new Response(text);\n";
const VALUE = "moon";

interface Watched extends AsyncDisposable {
	/** The file that is changed. */
	readonly file: string;
	readonly url: string;
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), text);
	}
}

async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	child.kill("SIGINT");
	await once(child, "exit");
}

/** A project under `coffer dev`, with this many functions in addition to the changed one. */
async function startDev({ folder, program }: BenchContext, others: number): Promise<Watched> {
	const cwd = join(folder, `dev-${others}`);
	const files = Array.from({ length: others }, (_, index) => [
		`functions/f${index}/index.ts`,
		serving(`${index}`),
	]);
	const path = "functions/value/index.ts";
	await writeFiles(cwd, {
		...Object.fromEntries(files),
		[path]: serving("first"),
		"functions/shared/answer.ts": SHARED,
	});
	await cryptoReady;
	const env = {
		...process.env,
		XDG_STATE_HOME: join(folder, "state"),
		COFFER_IDENTITY: formatIdentity(newIdentity()),
	};
	for (const args of [["init"], ["secrets", "set", `VALUE=${VALUE}`]])
		await timeProcess({ command: process.execPath, args: [program, ...args], cwd, env });
	const child = spawn(process.execPath, [program, "dev", "--port", "0", "--json"], {
		...{ cwd, env },
		stdio: ["ignore", "pipe", "inherit"],
	});
	let url = "";
	for await (const line of createInterface({ input: child.stdout })) {
		const event = JSON.parse(line) as { event: string; url: string };
		if (event.event === "serving") {
			url = event.url;
			break;
		}
	}
	child.stdout.resume();
	if (url === "") throw new Error("coffer dev ended before it served.");
	return { file: join(cwd, path), url: `${url}/value`, [Symbol.asyncDispose]: () => end(child) };
}

async function startWatch({ folder }: BenchContext): Promise<Watched> {
	const path = "value/index.ts";
	await writeFiles(join(folder, "bare"), { [path]: serving("first"), "shared/answer.ts": SHARED });
	const file = join(folder, "bare", path);
	const port = await freePort();
	const flags = ["--watch", "--no-prompt", "--no-config", "--no-clear-screen", "--allow-env", "--allow-net"];
	const child = spawn(await findDeno(), ["run", ...flags, file], {
		env: { PORT: String(port), VALUE, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
		stdio: "ignore",
	});
	const url = `http://127.0.0.1:${port}/`;
	await servedAt(url, `first ${VALUE}`);
	return { file, url, [Symbol.asyncDispose]: () => end(child) };
}

/** Writes the file. @returns the time until the first response of the new code, in ms */
async function change({ file, url }: Watched, text: string): Promise<number> {
	const start = performance.now();
	await writeFile(file, serving(text));
	return (await servedAt(url, `${text} ${VALUE}`)) - start;
}

async function changedRow(context: BenchContext, others: number): Promise<Row> {
	await using dev = await startDev(context, others);
	await using bare = await startWatch(context);
	await servedAt(dev.url, `first ${VALUE}`);
	const result = await paired(
		(pair) => change(dev, `change ${pair}`),
		(pair) => change(bare, `change ${pair}`),
		context.pairs(15),
	);
	const figure = others === 0 ? "a changed file under dev" : `the same, ${others} other functions run`;
	return ratioRow(figure, "deno run --watch", RATIO_MAX, result);
}

export const bench: Bench = {
	name: "coffer dev",
	run: async (context) => {
		if (context.smoke) return [await changedRow(context, 1)];
		return [await changedRow(context, 0), await changedRow(context, OTHERS)];
	},
};
