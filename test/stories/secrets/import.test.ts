/** `coffer import FILE` and `coffer secrets check FILE`, with the real program. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newProject, type Project } from "../support/project.ts";
import { CANARY, expectRefused } from "../support/refusal.ts";

let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "KEPT=kept", "OLD=old"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

describe("import", () => {
	test("seals the values of a .env file in one change, and says what it guessed and what changed", async () => {
		project.write("a.env", 'NEW="two words"\nOLD=other\nKEPT=kept\n');
		const { stdout, stderr } = await project.ok(["import", "a.env"]);
		expect(stderr).toContain("Read as dotenv");
		expect(stdout).toContain("1 added, 1 changed, 1 unchanged");
		expect(await project.reveal("NEW")).toBe("two words");
		expect(await project.reveal("OLD")).toBe("other");
	});

	test("reads JSON and YAML with the spelling of their numbers", async () => {
		project.write("a.json", '{"J_TEXT": "x", "J_NUMBER": 1.50, "J_TRUE": true}');
		project.write("a.yaml", "Y_TEXT: x # c\nY_NUMBER: 0o17\nY_NO: no\nY_LINES: |\n  one\n  two\n");
		const json = await project.data(["import", "a.json"]);
		expect(json).toMatchObject({ from: "json", added: ["J_NUMBER", "J_TEXT", "J_TRUE"], changed: [] });
		expect(await project.reveal("J_NUMBER")).toBe("1.50");
		await project.ok(["import", "a.yaml", "--prefix", "P_", "--only", "Y_NUMBER", "--only", "Y_LINES"]);
		expect(await project.reveal("P_Y_NUMBER")).toBe("0o17");
		expect(await project.reveal("P_Y_LINES")).toBe("one\ntwo\n");
		const { status } = await project.coffer(["secrets", "get", "P_Y_TEXT"]);
		expect(status).toBe(4);
	});

	test("stops at a line that readers read differently, and --dialect decides", async () => {
		project.write("b.env", `HASH=${CANARY}#tail\n`);
		await expectRefused(project, {
			args: ["import", "b.env"],
			exit: 2,
			code: "ENV_FILE_AMBIGUOUS",
			line: 1,
			says: /HASH[\s\S]*python-dotenv/,
		});
		await project.ok(["import", "b.env", "--dialect", "python"]);
		expect(await project.reveal("HASH")).toBe(`${CANARY}#tail`);
	});

	test("refuses a value that the reader takes from its environment", async () => {
		project.write("c.env", "URL=x$HOME\n");
		await expectRefused(project, {
			args: ["import", "c.env", "--dialect", "next"],
			exit: 2,
			code: "ENV_FILE_VALUE_UNKNOWN",
			line: 1,
			says: /HOME/,
		});
	});

	test.each([
		["nested JSON", "n.json", `{"A": "1",\n "B": {"C": "${CANARY}"}}`, "IMPORT_NESTED", 2],
		["a name twice", "d.json", `{"A": "1",\n "A": "${CANARY}"}`, "IMPORT_MALFORMED", 2],
		["broken JSON", "e.json", `{"A": "${CANARY}",\n "B" 1}`, "IMPORT_MALFORMED", 2],
		["an alias", "f.yaml", `A: &x ${CANARY}\nB: *x\n`, "IMPORT_MALFORMED", 2],
		["no value", "g.yaml", `A: ${CANARY}\nB:\n`, "IMPORT_NESTED", 2],
		["an invalid name", "h.json", `{"A": "${CANARY}",\n "B-C": "x"}`, "IMPORT_NAME_INVALID", 2],
		["a reserved name", "i.yaml", `A: ${CANARY}\nLD_PRELOAD: x\n`, "IMPORT_NAME_INVALID", 2],
		["a NUL", "j.json", `{"A": "${CANARY}\\u0000"}`, "IMPORT_NAME_INVALID", 1],
		["a reference to 1Password", "k.env", "A=1\nB=op://vault/item/field\n", "IMPORT_REFERENCES", 2],
	] as const)("refuses %s with the line, and changes nothing", async (_, path, text, code, line) => {
		project.write(path, text);
		await expectRefused(project, { args: ["import", path], exit: 2, code, line, says: /./ });
	});

	test("changes nothing with --dry-run", async () => {
		project.write("dry.env", "DRY=1\n");
		expect((await project.ok(["import", "dry.env", "--dry-run"])).stdout).toContain("DRY");
		expect((await project.coffer(["secrets", "get", "DRY"])).status).toBe(4);
	});
});

describe("secrets check", () => {
	test("names the line and the readers, without the values, which --reveal prints", async () => {
		project.write("s.env", `PLAIN=1\nHASH=${CANARY}#tail\n`);
		const hidden = await project.coffer(["secrets", "check", "s.env"]);
		expect(hidden.status).toBe(1);
		expect(hidden.stdout).toMatch(/line 2, HASH\n {2}dotenv[^\n]*shorter\n {2}python[^\n]*"#"/);
		expect(hidden.stdout + hidden.stderr).not.toContain(CANARY);
		const shown = await project.coffer(["secrets", "check", "s.env", "--reveal"]);
		expect(shown.stdout).toContain(`"${CANARY}#tail"`);
	});

	test("succeeds where the named readers agree, and shows what one of them reads", async () => {
		const both = ["--dialect", "dotenv", "--dialect", "next"];
		expect((await project.ok(["secrets", "check", "s.env", ...both])).stdout).toContain("All 2 readers");
		const one = await project.data(["secrets", "check", "s.env", "--dialect", "deno", "--reveal"]);
		expect(one).toMatchObject({ reader: "deno", values: [{ name: "PLAIN" }, { value: CANARY, line: 2 }] });
	});
});
