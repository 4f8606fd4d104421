/** Runs programs in Deno, many in one process, and records the variables that each reads. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";

/** The value of each name is another name, so that a program can use a value as the next name to read. */
const UNIVERSE: Readonly<Record<string, string>> = Object.fromEntries(
	Array.from({ length: 10 }, (_, index) => [`K_${index}`, `K_${(index + 1) % 10}`]),
);

/**
 * Texts of values of other types, an empty name, and a method that the language reads from a proxy. They are not names of
 * secrets.
 */
const NO_NAMES = new Set(["", "undefined", "null", "NaN", "true", "false", "[object Object]", "toJSON"]);

/** A program that neither ends nor reads a variable in this time counts as hanging. */
const HANGING_MS = 20_000;

/**
 * Runs bundles one after the other. In Deno's audit log, a read of a marker precedes each. A program ends
 * before the next one begins. If it waits for something that never comes, it is abandoned after 2 s.
 */
const RUNNER = `
import "node:process"; import "node:events"; import "node:util"; import "node:async_hooks"; import "node:timers/promises"; import "node:buffer"; import "node:querystring";
const report = console.log;
globalThis.query = "a";
addEventListener("unhandledrejection", (event) => event.preventDefault());
const [list, first] = Deno.args;
const files = JSON.parse(Deno.readTextFileSync(list));
for (let index = Number(first); index < files.length; index++) {
	Deno.env.has("torture: " + index);
	let handler;
	Object.defineProperty(Deno, "serve", { configurable: true, value: (...args) => { handler = args.find((one) => typeof one === "function"); } });
	let timer;
	const end = new Promise((resolve) => { timer = setTimeout(() => resolve("waits"), 2000); });
	const run = async () => {
		const exported = (await import("file://" + files[index])).default;
		await exported?.("a");
		await handler?.(new Request("http://f.example/a"));
		await new Promise((resolve) => setTimeout(resolve, 0));
		return "ends";
	};
	const outcome = await Promise.race([run(), end]).catch((error) => "throws " + error);
	clearTimeout(timer);
	report(JSON.stringify([index, outcome]));
}
Deno.exit(0);
`;

export interface Run {
	/** The names that the program read. */
	readonly readNames: ReadonlySet<string>;
	/** `ends`, `waits`, `hangs`, or `throws` with the exception. */
	readonly outcome: string;
}

/**
 * @param files the bundles
 * @param folder for temporary files
 * @returns the behaviour of each, in the same order
 */
export async function runAll(files: readonly string[], folder: string): Promise<Run[]> {
	const [runner, list, audit] = ["runner.mjs", "list.json", "audit.jsonl"].map((name) =>
		join(folder, name),
	) as [string, string, string];
	writeFileSync(runner, RUNNER);
	writeFileSync(list, JSON.stringify(files));
	const runs: { readNames: Set<string>; outcome: string }[] = [];
	while (runs.length < files.length) {
		rmSync(audit, { force: true });
		const env = { ...UNIVERSE, DENO_AUDIT_PERMISSIONS: audit, DENO_DIR: join(folder, "deno"), NO_COLOR: "1" };
		const first = runs.length;
		const output = await runDeno([runner, list, String(first)], folder, env);
		const names = namesAfter(
			readFileSync(audit, "utf8"),
			new Set(Object.keys(env).filter((name) => !(name in UNIVERSE))),
		);
		if (names.size === 0) throw new Error(`Deno ran no program: ${output}`);
		const outcomes = new Map(
			output
				.split("\n")
				.filter((line) => line.startsWith("["))
				.map((line): [number, string] => JSON.parse(line)),
		);
		for (const [index, readNames] of names)
			runs[index] = { readNames, outcome: outcomes.get(index) ?? "hangs" };
	}
	return runs;
}

async function runDeno(args: readonly string[], folder: string, env: Readonly<Record<string, string>>) {
	const flags = [
		"--quiet",
		"--no-prompt",
		"--no-config",
		"--no-check",
		"--allow-env",
		`--allow-read=${folder}`,
	];
	const child = spawn(await findDeno(), ["run", ...flags, ...args], {
		env,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	let timer: NodeJS.Timeout | undefined;
	const wait = () => {
		clearTimeout(timer);
		timer = setTimeout(() => child.kill("SIGKILL"), HANGING_MS);
	};
	const take = (text: string) => {
		output += text;
		wait();
	};
	child.stdout.setEncoding("utf8").on("data", take);
	child.stderr.setEncoding("utf8").on("data", take);
	wait();
	await once(child, "close");
	clearTimeout(timer);
	return output;
}

/** The names in Deno's audit log after each marker. */
function namesAfter(audit: string, own: ReadonlySet<string>): Map<number, Set<string>> {
	const all = new Map<number, Set<string>>();
	let names = new Set<string>();
	for (const line of audit.split("\n").filter(Boolean)) {
		const { permission, value } = JSON.parse(line);
		if (permission !== "env" || typeof value !== "string") continue;
		const index = /^torture: (\d+)$/.exec(value)?.[1];
		if (index !== undefined) {
			names = new Set();
			all.set(Number(index), names);
		} else if (!NO_NAMES.has(value) && !own.has(value)) names.add(value);
	}
	return all;
}
