/** What is refused: with its exit status, its code and its line, and nothing is written. */
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newIdentityText, newProject, Project } from "./support/project.ts";

const CANARY = "canary-0d9f77";

let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "KEPT=kept"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

interface Refusal {
	readonly args: readonly string[];
	readonly exit: number;
	readonly code: string;
	readonly line?: number;
	readonly says?: RegExp;
	readonly input?: string | Uint8Array | readonly (string | Uint8Array)[];
	readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs it for a person and for a program: same exit, nothing on stdout, no value, and not a byte of the vault. */
async function expectRefused(refusal: Refusal, where: Project = project): Promise<void> {
	const { args, exit, code, line, says = /./, input, env } = refusal;
	const vault = where.vault;
	const options = { input, env: env ?? {} };
	const [readable, machine] = [
		await where.coffer(args, options),
		await where.coffer([args[0] ?? "", "--json", ...args.slice(1)].flatMap(jsonBehindTopic), options),
	];
	const document = machine.error();
	expect(document).toEqual({
		code,
		exit,
		message: expect.stringMatching(says),
		hint: expect.stringMatching(/./),
		...(line === undefined ? {} : { line }),
	});
	expect([readable.status, machine.status]).toEqual([exit, exit]);
	expect([readable.stdout, machine.stdout]).toEqual(["", ""]);
	expect(readable.stderr).toContain("Error: ");
	for (const { stderr } of [readable, machine]) expect(stderr).not.toContain(CANARY);
	expect(where.vault).toBe(vault);
}

/** `secrets --json set` is no command: the flag goes behind the topic's command. */
function jsonBehindTopic(word: string, index: number, words: readonly string[]): string[] {
	const topics = ["secrets", "functions", "platform"];
	if (!topics.includes(words[0] ?? "")) return [word];
	if (index === 1) return [];
	return index === 2 ? [word, "--json"] : [word];
}

describe(".env files", () => {
	const FILES: readonly { fault: string; text: string; code: string; line: number; says?: RegExp }[] = [
		{
			fault: "a quote that is never closed",
			text: `A=1\nB="${CANARY}\nC=3\n`,
			code: "ENV_FILE_UNTERMINATED_QUOTE",
			line: 2,
		},
		{ fault: "an invalid name", text: `A=1\n\nMY-KEY=${CANARY}\n`, code: "ENV_FILE_NAME_INVALID", line: 3 },
		{
			fault: "a reserved name",
			text: `# c\nLD_PRELOAD=${CANARY}\n`,
			code: "ENV_FILE_NAME_RESERVED",
			line: 2,
			says: /LD_/,
		},
		{
			fault: "the broker of Deno's permissions",
			text: "DENO_PERMISSION_BROKER_PATH=/x",
			code: "ENV_FILE_NAME_RESERVED",
			line: 1,
		},
		{
			fault: "a name that comes twice",
			text: `A=1\nB=2\nA=${CANARY}\n`,
			code: "ENV_FILE_DUPLICATE_NAME",
			line: 3,
			says: /line 1/,
		},
		{ fault: "text behind a quote", text: `A="1" ${CANARY}\n`, code: "ENV_FILE_TEXT_AFTER_QUOTE", line: 1 },
		{
			fault: "a line that is no assignment",
			text: `A=1\n${CANARY}\n`,
			code: "ENV_FILE_LINE_INVALID",
			line: 2,
		},
		{
			fault: "a PEM block without quotes",
			text: `K=-----BEGIN KEY-----\n${CANARY}\n-----END KEY-----\n`,
			code: "ENV_FILE_UNQUOTED_PEM",
			line: 1,
		},
	];

	test.each(FILES)("$fault: the line, and nothing is set", async ({ text, code, line, says = /./ }) => {
		project.write(".env", text);
		await expectRefused({ args: ["secrets", "set", "--env-file", ".env"], exit: 2, code, line, says });
	});

	test("all faults of a file are told at once", async () => {
		project.write(".env", "1 A=x\nB=1\nB=2\nPATH=/bin\n");
		const { stderr } = await project.coffer(["secrets", "set", "--env-file", ".env"]);
		expect(stderr).toMatch(/line 1: [\s\S]*line 3: [\s\S]*line 4: /);
	});

	test("what would be read otherwise elsewhere is a warning, and the value is as written", async () => {
		project.write(".env", 'CUT=abc#def\nDOLLAR=pa$$word$(id)\nWHOLE="abc#def"\n1ST=one\n');
		const edited = await project.data(["secrets", "set", "--env-file", ".env"]);
		expect(edited.set).toEqual(["1ST", "CUT", "DOLLAR", "WHOLE"]);
		expect(edited.warnings).toHaveLength(3);
		expect(edited.warnings.join("\n")).toMatch(/line 1[\s\S]*CUT[\s\S]*line 2[\s\S]*DOLLAR[\s\S]*1ST/);
		expect(edited.warnings.join("\n")).not.toMatch(/abc|pa\$|id\)/);
		expect(await project.reveal("CUT")).toBe("abc");
		expect(await project.reveal("DOLLAR")).toBe("pa$$word$(id)");
		expect(await project.reveal("WHOLE")).toBe("abc#def");
	});

	test("Node itself does not read the file: its NODE_OPTIONS are refused, and not obeyed", async () => {
		const trap = join(project.machine, "trap.cjs");
		project.write(
			"../trap.cjs",
			`require("node:fs").writeFileSync(${JSON.stringify(join(project.machine, "trapped"))}, "");`,
		);
		project.write(".env", `A=1\nNODE_OPTIONS=--require=${trap}\n`);
		await expectRefused({
			args: ["secrets", "set", "--env-file", ".env"],
			exit: 2,
			code: "ENV_FILE_NAME_RESERVED",
			line: 2,
		});
		expect(existsSync(join(project.machine, "trapped"))).toBe(false);
	});

	test("absent, a folder, not text", async () => {
		const set = (path: string) => ["secrets", "set", "--env-file", path];
		await expectRefused({ args: set("absent.env"), exit: 4, code: "ENV_FILE_NOT_FOUND" });
		await expectRefused({ args: set("."), exit: 1, code: "ENV_FILE_UNREADABLE" });
		project.write("binary.env", Uint8Array.of(0x41, 0x3d, 0xff, 0xfe));
		await expectRefused({ args: set("binary.env"), exit: 2, code: "ENV_FILE_NOT_TEXT" });
	});
});

describe("names, pairs and sources", () => {
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
		{ args: ["secrets", "get", "ABSENT"], exit: 4, code: "SECRET_NOT_FOUND", says: /ABSENT/ },
		{ args: ["secrets", "delete", "KEPT", "ABSENT"], exit: 4, code: "SECRET_NOT_FOUND", says: /ABSENT/ },
		{ args: ["secrets", "delete"], exit: 2, code: "USAGE" },
		{ args: ["init"], exit: 5, code: "VAULT_EXISTS" },
		{ args: ["sync"], exit: 2, code: "NOT_LINKED" },
		{ args: ["watch"], exit: 2, code: "NOT_LINKED" },
		{ args: ["functions", "deploy"], exit: 2, code: "NOT_LINKED" },
		{ args: ["functions", "list"], exit: 2, code: "NOT_LINKED" },
		{ args: ["sync", "A"], exit: 2, code: "USAGE" },
		{ args: ["sync", "--take", CANARY], exit: 2, code: "USAGE", says: /local, platform/ },
	];

	test.each(CASES.map((refusal) => ({ refusal, words: refusal.args.join(" ").slice(0, 60) })))(
		"$words",
		async ({ refusal }) => {
			project.write(".env", "A=1\n");
			await expectRefused(refusal);
		},
	);

	const UNKNOWN: readonly (readonly string[])[] = [
		["secrets", "set", `--${CANARY}`],
		["secrets", "set", "A=1", `--value=${CANARY}`],
		["secrets", "get", "KEPT", CANARY],
		["secrets", "list", CANARY],
		["status", `-${CANARY}`],
		["secrets", CANARY],
		[CANARY, "API_KEY=1"],
		["link", "http://127.0.0.1:1", CANARY, "--app", "shop"],
	];

	test.each(UNKNOWN.map((args) => ({ args })))(
		"$args: exit 2, and nothing typed is repeated",
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

describe("values", () => {
	const KIB = 1024;
	const VALUES: Record<string, string> = {
		empty: "",
		"64 KiB": "x".repeat(64 * KIB),
		unicode: "ключ 鍵 🔑 e\u0301",
		"with blanks, quotes and an equals sign": ` a="b" 'c' = d `,
		"of several lines": "one\n\ntwo\r\nthree",
	};

	test.each(Object.entries(VALUES))(
		"%s: comes back as it was, by stdin and as an argument",
		async (_, value) => {
			await project.ok(["secrets", "set", "VALUE", "--stdin"], { input: value });
			expect(await project.reveal("VALUE")).toBe(value);
			await project.ok(["secrets", "set", `VALUE_2=${value}`]);
			expect((await project.ok(["secrets", "get", "VALUE_2", "--reveal"])).stdout).toBe(`${value}\n`);
		},
	);

	test("stdin is read to its end, whatever the pieces; one newline at the end is dropped, and said", async () => {
		const pieces = ["first,", " second,".repeat(3_000), " third", "\n"];
		const result = await project.ok(["secrets", "set", "VALUE", "--stdin"], { input: pieces });
		expect(await project.reveal("VALUE")).toBe(pieces.slice(0, 3).join(""));
		expect(result.stdout + result.stderr).toMatch(/newline/);
		for (const [input, value] of [
			["a\n\n", "a\n"],
			["a\r\n", "a"],
			["\n", ""],
			["a", "a"],
		] as const) {
			await project.ok(["secrets", "set", "VALUE", "--stdin"], { input });
			expect(await project.reveal("VALUE")).toBe(value);
		}
	});

	test("too long, by a byte; not text; with a NUL", async () => {
		const tooLong = "x".repeat(64 * KIB + 1);
		const stdin = ["secrets", "set", "VALUE", "--stdin"];
		await expectRefused({ args: stdin, exit: 2, code: "STDIN_TOO_LARGE", input: tooLong });
		await expectRefused({
			args: stdin,
			exit: 2,
			code: "VALUE_NOT_TEXT",
			input: Uint8Array.of(0xff, 0x00, 0xfe),
		});
		await expectRefused({ args: ["secrets", "set", `VALUE=${tooLong}`], exit: 2, code: "VALUE_TOO_LARGE" });
		project.write(".env", `VALUE=${tooLong}\n`);
		await expectRefused({ args: ["secrets", "set", "--env-file", ".env"], exit: 2, code: "VALUE_TOO_LARGE" });
	});

	test("a prompt needs a terminal", async () => {
		await expectRefused({ args: ["secrets", "set", "VALUE"], exit: 2, code: "NO_TERMINAL" });
	});
});

describe("who and where", () => {
	test("no project", async () => {
		await using bare = new Project();
		for (const args of [["secrets", "list"], ["status"], ["secrets", "set", "A=1"], ["sync"]]) {
			const result = await bare.coffer([...args, "--json"]);
			expect(result.error()).toMatchObject({ code: "PROJECT_NOT_FOUND", exit: 4 });
			expect(result.status).toBe(4);
		}
	});

	test("a folder below the root is in the project", async () => {
		project.write("deep/er/file", "");
		expect((await project.data(["status"], { cwd: "deep/er" })).environment).toBe("production");
	});

	test("no identity, a malformed one, one that is no member's, an open file", async () => {
		const list = ["secrets", "list"];
		const as = (identity: string | undefined, file?: string) => ({
			COFFER_IDENTITY: identity,
			COFFER_IDENTITY_FILE: file,
		});
		await expectRefused({ args: list, exit: 3, code: "KEYCHAIN_UNAVAILABLE", env: as(undefined) });
		await expectRefused({ args: list, exit: 3, code: "IDENTITY_MALFORMED", env: as(`coffer-${CANARY}`) });
		await expectRefused({ args: list, exit: 3, code: "NOT_A_MEMBER", env: as(newIdentityText()) });
		const file = join(project.machine, "identity");
		project.write("../identity", project.identity ?? "");
		chmodSync(file, 0o644);
		await expectRefused({ args: list, exit: 3, code: "IDENTITY_FILE_MODE", env: as(undefined, file) });
		chmodSync(file, 0o600);
		expect((await project.data(list, { env: as(undefined, file) })).secrets).not.toEqual([]);
	});

	test("run: its own failures are 125", async () => {
		await expectRefused({ args: ["run"], exit: 125 as 2, code: "USAGE" });
		await using bare = new Project();
		expect((await bare.coffer(["run", "--", "true"])).status).toBe(125);
	});
});

describe("files that are not as they should be", () => {
	/** Runs with another text in place of a file, and puts the file back. */
	async function withText(path: string, text: string, work: () => Promise<void>): Promise<void> {
		const vault = project.vault;
		project.write(path, text);
		try {
			await work();
		} finally {
			project.vault = vault;
			project.write("coffer.json", '{"links": {}}\n');
		}
	}

	test.each([
		["not JSON", "{"],
		["another shape", '{"links": {"production": {"url": "http://127.0.0.1:1"}}}'],
		["unknown fields", '{"links": {}, "more": 1}'],
	])("coffer.json: %s", async (_, text) => {
		await withText("coffer.json", text, async () => {
			await expectRefused({ args: ["status"], exit: 2, code: "CONFIG_INVALID", says: /coffer\.json/ });
		});
	});

	test("a vault with one character changed: exit 7 and the line", async () => {
		const vault = project.vault;
		const lines = vault.split("\n");
		const index = lines.findIndex((text) => text === "KEPT") + 1;
		const record = lines[index] ?? "";
		const at = record.length - 5;
		lines[index] = record.slice(0, at) + (record[at] === "A" ? "B" : "A") + record.slice(at + 1);
		await withText("coffer.vault", lines.join("\n"), async () => {
			const result = await project.coffer(["secrets", "get", "KEPT", "--json"]);
			expect(result.status).toBe(7);
			expect(result.error().line).toBe(index + 1);
			await expectRefused({
				args: ["secrets", "set", "KEPT=other"],
				exit: 7,
				code: result.error().code,
				line: index + 1,
			});
		});
	});

	test.each([
		["without its end", (text: string) => text.slice(0, -20)],
		["empty", () => ""],
		["with CRLF", (text: string) => text.replaceAll("\n", "\r\n")],
		["with a line of its own", (text: string) => text.replace("KEPT\n", "KEPT\nmore\n")],
	])("a vault %s: exit 7 and a line", async (_, change) => {
		const text = change(project.vault);
		await withText("coffer.vault", text, async () => {
			for (const args of [["secrets", "list"], ["secrets", "set", "A=1"], ["status"]]) {
				const result = await project.coffer([...args, "--json"]);
				expect(result.status).toBe(7);
				expect(result.error().line).toBeGreaterThan(0);
				expect(project.vault).toBe(text);
			}
		});
	});

	test("a vault of a newer format: exit 1, and what to do", async () => {
		await withText("coffer.vault", project.vault.replace("coffer-vault 1", "coffer-vault 2"), async () => {
			for (const args of [
				["secrets", "list"],
				["secrets", "set", "A=1"],
			])
				await expectRefused({ args, exit: 1, code: "VAULT_VERSION_UNKNOWN", line: 1 });
		});
	});

	test("a vault with git's conflict markers: exit 5", async () => {
		const text = project.vault.replace("KEPT\n", "<<<<<<< ours\nKEPT\n");
		await withText("coffer.vault", text, async () => {
			const result = await project.coffer(["secrets", "list", "--json"]);
			expect(result.status).toBe(5);
			expect(result.error().line).toBeGreaterThan(0);
			expect(project.vault).toBe(text);
		});
	});

	test("another vault in its place: exit 7", async () => {
		await using other = await newProject({ identity: project.identity ?? "none" });
		await withText("coffer.vault", other.vault, async () => {
			await expectRefused({ args: ["secrets", "list"], exit: 7, code: "VAULT_REPLACED" });
		});
	});
});
