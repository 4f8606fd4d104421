/** Each format of `secrets export` is read by its real reader, or by a copy of its rules, as the same values. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type { ExportFormat } from "../../../src/cli/export/format.ts";
import { FORMATS, type FormatName, writeExport } from "../../../src/cli/export/formats.ts";
import { refusal } from "../../support/refusal.ts";
import { nastyName, nastyValue } from "../../support/values/nasty-values.ts";

type Values = ReadonlyMap<string, string>;

const OPTIONS = { name: "shop", namespace: undefined };
const secrets = fc
	.dictionary(nastyName(), nastyValue(), { maxKeys: 6, noNullPrototype: true })
	.map((values): Values => new Map(Object.entries(values)));

/** The secrets that a format carries, and its text of them. */
function written(format: FormatName, values: Values): { readonly text: string; readonly kept: Values } {
	const chosen: ExportFormat = FORMATS[format];
	const kept = new Map([...values].filter(([name, value]) => chosen.refusal?.(name, value) === undefined));
	return { text: writeExport(format, kept, OPTIONS), kept };
}

/** The rules of Docker's `pkg/kvfile`. Versions before 29 keep quotes. */
function readEnvFile(text: string, removesQuotes: boolean): Values {
	const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
	const found = lines
		.map((line) =>
			line.replace(/^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, ""),
		)
		.filter((line) => line !== "" && !line.startsWith("#"));
	return new Map(
		found.map((line) => {
			const value = line.slice(line.indexOf("=") + 1);
			const unquoted = removesQuotes && /^(['"]).*\1$/s.test(value) ? value.slice(1, -1) : value;
			return [line.slice(0, line.indexOf("=")), unquoted];
		}),
	);
}

/** The rules of the runner's `SetEnvFileCommand`. On Windows, CR LF ends a line too. */
function readGithubEnv(text: string, lineEnd: RegExp): Values {
	const values = new Map<string, string>();
	for (let rest = text; rest !== ""; ) {
		const [head = "", name = "", delimiter = ""] = /^(.*?)<<(.*?)\r?\n/.exec(rest) ?? [];
		rest = rest.slice(head.length);
		let [from, end] = [0, 0];
		for (;;) {
			const found = lineEnd.exec(rest.slice(from));
			if (!found) throw new Error("Matching delimiter not found");
			const line = rest.slice(from, from + found.index);
			from += found.index + found[0].length;
			if (line === delimiter) break;
			end = from - found[0].length;
		}
		values.set(name, rest.slice(0, end));
		rest = rest.slice(from);
	}
	return values;
}

const READERS: readonly [FormatName, string, (text: string) => Values][] = [
	["json", "JSON.parse", (text) => new Map(Object.entries(JSON.parse(text)))],
	["yaml", "YAML 1.2", (text) => new Map(parseYaml(text, { mapAsMap: true }))],
	["yaml", "YAML 1.1", (text) => new Map(parseYaml(text, { mapAsMap: true, version: "1.1" }))],
	["docker", "Docker", (text) => readEnvFile(text, false)],
	["docker", "Docker, which removes quotes", (text) => readEnvFile(text, true)],
	["github", "a runner", (text) => readGithubEnv(text, /\n/)],
	["github", "a runner on Windows", (text) => readGithubEnv(text, /\r?\n/)],
];

test.each(READERS)("%s is read by %s as the same values", (format, _, read) => {
	fc.assert(
		fc.property(secrets, (values) => {
			const { text, kept } = written(format, values);
			expect(read(text)).toEqual(kept);
		}),
		{ numRuns: 400 },
	);
});

test("a manifest has each value in base64, and the fields of a Secret", () => {
	fc.assert(
		fc.property(secrets, (values) => {
			const { text, kept } = written("k8s", values);
			const manifest = parseYaml(text, { mapAsMap: true });
			expect(manifest.get("apiVersion")).toBe("v1");
			expect(manifest.get("kind")).toBe("Secret");
			expect(manifest.get("type")).toBe("Opaque");
			expect(manifest.get("metadata")).toEqual(new Map([["name", "shop"]]));
			for (const key of manifest.get("data").keys()) expect(key).toMatch(/^[-._a-zA-Z0-9]{1,253}$/);
			const data = [...manifest.get("data")].map(([key, text]): [string, string] => [
				key,
				Buffer.from(text, "base64").toString(),
			]);
			expect(new Map(data)).toEqual(kept);
		}),
	);
});

describe.each(["bash", "dash"])("%s", (shell) => {
	const run = (text: string) => {
		const result = spawnSync(shell, ["-c", 'eval "$(cat)"; exec env -0'], {
			input: text,
			// Bash takes standard input that is a socket for a remote shell, and then reads its start-up file.
			env: { PATH: process.env["PATH"], HOME: "/nowhere" },
			encoding: "utf8",
		});
		expect(result.stderr).toBe("");
		return new Map(
			result.stdout
				.split("\0")
				.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
		);
	};

	test("runs the text, and then has the same values", () => {
		const values = fc.sample(nastyValue(), 800).map((value, at): [string, string] => [`V_${at}`, value]);
		const read = run(writeExport("shell", new Map(values), OPTIONS));
		for (const [name, value] of values) expect([name, read.get(name)]).toEqual([name, value]);
	});

	test("has the value of each of its own variables that the format carries", () => {
		const listed = spawnSync("bash", ["-c", "compgen -v"], { env: {}, encoding: "utf8" }).stdout.split("\n");
		const names = [...new Set([...listed, "SECONDS", "HISTFILE"])].filter(
			(name) => name !== "" && name !== "PATH" && name !== "IFS",
		);
		const { text, kept } = written("shell", new Map(names.map((name) => [name, "1 'x"])));
		expect(kept.size).toBeGreaterThan(3);
		const read = run(text);
		for (const [name, value] of kept) expect([name, read.get(name)]).toEqual([name, value]);
	});
});

test.each([
	["dotenv", "A", "one\rtwo", /A \(it has a carriage return/],
	["docker", "A", "one\ntwo", /A \(it has a line end/],
	["docker", "A", "x".repeat(65_536), /longer than 64 KiB/],
	["docker", "A", '"x"', /begins and ends with a quote/],
	["shell", "1A", "x", /1A \(shells cannot export/],
	["shell", "UID", "x", /UID \(shells use this name/],
	["github", "GITHUB_TOKEN", "x", /GITHUB_TOKEN \(GitHub Actions sets/],
] as const)("%s refuses %s, with the name and the reason, without the value", (format, name, value, says) => {
	const error = refusal(() => writeExport(format, new Map([[name, value]]), OPTIONS));
	expect(error).toMatchObject({ code: "NOT_EXPORTABLE", exit: 2, names: [name] });
	expect(error.message).toMatch(says);
	if (value.length > 1) expect(`${error.message}${error.hint}`).not.toContain(value);
});

test.each(["", "-a", "a-", "A", "a..b", "a_b", "a".repeat(254)])("%j is no name of a manifest", (name) => {
	const error = refusal(() => writeExport("k8s", new Map(), { ...OPTIONS, name }));
	expect(error).toMatchObject({ code: "MANIFEST_NAME_INVALID", exit: 2 });
	expect(refusal(() => writeExport("k8s", new Map(), { ...OPTIONS, namespace: name })).hint).toMatch(
		/--namespace/,
	);
});

test("a manifest with more than 1 MiB is refused", () => {
	const values = new Map(Array.from({ length: 17 }, (_, at) => [`A${at}`, "x".repeat(65_536)]));
	expect(refusal(() => writeExport("k8s", values, OPTIONS)).code).toBe("MANIFEST_TOO_LARGE");
});

test("a delimiter is new each time", () => {
	const values = new Map([["A", "x"]]);
	expect(writeExport("github", values, OPTIONS)).not.toBe(writeExport("github", values, OPTIONS));
});
