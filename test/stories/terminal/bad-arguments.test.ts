/** Names, pairs, sources and values that are refused, and unusual values that are accepted. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newProject, type Project } from "../support/project.ts";
import { CANARY, expectRefused, type Refusal } from "../support/refusal.ts";

let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "KEPT=kept"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

describe("refused names, pairs and sources of values", () => {
	const CASES: readonly Refusal[] = [
		{ args: ["secrets", "set"], exit: 2, code: "NOTHING_TO_SET" },
		{ args: ["secrets", "set", `A-B=${CANARY}`], exit: 2, code: "NAME_INVALID" },
		{ args: ["secrets", "set", `=${CANARY}`], exit: 2, code: "NAME_INVALID" },
		{ args: ["secrets", "set", `${"N".repeat(129)}=x`], exit: 2, code: "NAME_INVALID" },
		{
			args: ["secrets", "set", `NODE_OPTIONS=${CANARY}`],
			exit: 2,
			code: "NAME_RESERVED",
			says: /NODE_OPTIONS/,
		},
		{ args: ["secrets", "set", `https_proxy=${CANARY}`], exit: 2, code: "NAME_RESERVED" },
		{ args: ["secrets", "set", `COFFER_TOKEN=${CANARY}`], exit: 2, code: "NAME_RESERVED" },
		{ args: ["secrets", "set", "A=1", `A=${CANARY}`], exit: 2, code: "NAME_DUPLICATE", says: /A/ },
		{ args: ["secrets", "set", "A=1", CANARY], exit: 2, code: "PAIR_INVALID", says: /2/ },
		{ args: ["secrets", "set", "A=1", "--env-file", ".env"], exit: 2, code: "SOURCES_CONTRADICT" },
		{ args: ["secrets", "set", "A", "--stdin", "--env-file", ".env"], exit: 2, code: "SOURCES_CONTRADICT" },
		{ args: ["secrets", "set", `A=${CANARY}`, "--stdin"], exit: 2, code: "SOURCES_CONTRADICT", input: "x" },
		{ args: ["secrets", "set", "PATH", "--stdin"], exit: 2, code: "NAME_RESERVED", input: CANARY },
		{ args: ["secrets", "set", "A=x", "-e", "Not Valid"], exit: 2, code: "ENVIRONMENT_NAME_INVALID" },
		{ args: ["secrets", "list", "-e", "preview"], exit: 4, code: "ENVIRONMENT_NOT_FOUND", says: /preview/ },
		{ args: ["secrets", "list", CANARY], exit: 4, code: "SECRET_NOT_FOUND" },
		{ args: ["secrets", "get", "ABSENT"], exit: 4, code: "SECRET_NOT_FOUND", says: /ABSENT/ },
		{ args: ["secrets", "delete", "KEPT", "ABSENT"], exit: 4, code: "SECRET_NOT_FOUND", says: /ABSENT/ },
		{ args: ["secrets", "delete"], exit: 2, code: "USAGE" },
		{ args: ["init"], exit: 5, code: "VAULT_EXISTS" },
		{ args: ["init", CANARY], exit: 2, code: "USAGE", says: /takes no/ },
		{ args: ["sync"], exit: 2, code: "NOT_LINKED" },
		{ args: ["watch"], exit: 2, code: "NOT_LINKED" },
		{ args: ["functions", "deploy"], exit: 2, code: "NOT_LINKED" },
		{ args: ["functions", "list"], exit: 2, code: "NOT_LINKED" },
		{ args: ["functions", "references"], exit: 2, code: "NOT_LINKED" },
		{ args: ["sync", "A"], exit: 2, code: "USAGE" },
		{ args: ["run", "sh", "-c", "true"], exit: 125, code: "USAGE", says: /no flag -c\. Put -- before/ },
		{ args: ["sync", "--take", CANARY], exit: 2, code: "USAGE", says: /local, platform/ },
	];

	test.each(CASES.map((refusal) => ({ refusal, words: refusal.args.join(" ").slice(0, 60) })))(
		"refuses: $words",
		async ({ refusal }) => {
			project.write(".env", "A=1\n");
			await expectRefused(project, refusal);
		},
	);

	test("references of an unlinked environment are refused with the flag that needs no platform", async () => {
		const refused = await project.coffer(["functions", "references", "--json"]);
		expect(refused.error().hint).toMatch(/^Analyse the sources instead: --local\./);
	});

	const UNKNOWN: readonly (readonly string[])[] = [
		["secrets", "set", `--${CANARY}`],
		["secrets", "set", "A=1", `--value=${CANARY}`],
		["secrets", "get", "KEPT", CANARY],
		["status", `-${CANARY}`],
		["secrets", CANARY],
		[CANARY, "API_KEY=1"],
		["link", "http://127.0.0.1:1", CANARY, "--app", "shop"],
	];

	test.each(UNKNOWN.map((args) => ({ args })))(
		"$args: exits with 2, and the output repeats nothing that was typed",
		async ({ args }) => {
			for (const json of [[], ["--json"]]) {
				const result = await project.coffer([...args, ...json]);
				expect(result.status).toBe(2);
				expect(result.stdout).toBe("");
				expect(result.stderr).not.toMatch(new RegExp(`${CANARY}|API_KEY`));
				if (json.length > 0) expect(result.error()).toMatchObject({ code: "USAGE", exit: 2 });
			}
		},
	);
});

describe("secret values", () => {
	const KIB = 1024;
	const VALUES: Record<string, string> = {
		"64 KiB": "x".repeat(64 * KIB),
		unicode: "ключ 鍵 🔑 e\u0301",
		"with blanks, quotes and an equals sign": ` a="b" 'c' = d `,
		"of several lines": "one\n\ntwo\r\nthree",
	};

	test.each(Object.entries(VALUES))(
		"returns the same value, set from stdin or as an argument: %s",
		async (_, value) => {
			await project.ok(["secrets", "set", "VALUE", "--stdin"], { input: value });
			expect(await project.reveal("VALUE")).toBe(value);
			await project.ok(["secrets", "set", `VALUE_2=${value}`]);
			expect((await project.ok(["secrets", "get", "VALUE_2", "--reveal"])).stdout).toBe(`${value}\n`);
		},
	);

	test("reads stdin to its end, in pieces of any size, and drops one newline at the end with a message", async () => {
		const pieces = ["first,", " second,".repeat(3_000), " third", "\n"];
		const result = await project.start(["secrets", "set", "VALUE", "--stdin"], { input: pieces }).ended;
		expect(await project.reveal("VALUE")).toBe(pieces.slice(0, 3).join(""));
		expect(result.stdout + result.stderr).toMatch(/newline/);
		for (const [input, value] of [
			["a\n\n", "a\n"],
			["a\r\n", "a"],
			["a", "a"],
		] as const) {
			await project.ok(["secrets", "set", "VALUE", "--stdin"], { input });
			expect(await project.reveal("VALUE")).toBe(value);
		}
	});

	test("refuses an empty value from stdin, because a failed command may have caused it, and accepts one as an argument", async () => {
		const stdin = ["secrets", "set", "VALUE", "--stdin"];
		for (const input of ["", "\n"])
			await expectRefused(project, { args: stdin, exit: 2, code: "STDIN_EMPTY", input });
		await project.ok(["secrets", "set", "VALUE="]);
		expect(await project.reveal("VALUE")).toBe("");
	});

	test("refuses a value that is one byte too long, is not text or contains a NUL", async () => {
		const tooLong = "x".repeat(64 * KIB + 1);
		const stdin = ["secrets", "set", "VALUE", "--stdin"];
		await expectRefused(project, { args: stdin, exit: 2, code: "STDIN_TOO_LARGE", input: tooLong });
		await expectRefused(project, {
			args: stdin,
			exit: 2,
			code: "VALUE_NOT_TEXT",
			input: Uint8Array.of(0xff, 0x00, 0xfe),
		});
		await expectRefused(project, {
			args: ["secrets", "set", `VALUE=${tooLong}`],
			exit: 2,
			code: "VALUE_TOO_LARGE",
		});
		project.write(".env", `VALUE=${tooLong}\n`);
		await expectRefused(project, {
			args: ["secrets", "set", "--env-file", ".env"],
			exit: 2,
			code: "VALUE_TOO_LARGE",
		});
	});

	test("refuses to prompt without a terminal", async () => {
		await expectRefused(project, { args: ["secrets", "set", "VALUE"], exit: 2, code: "NO_TERMINAL" });
	});
});
