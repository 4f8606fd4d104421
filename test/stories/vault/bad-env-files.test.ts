/** Refused `.env` files: the error names the line, and nothing is written. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newProject, type Project } from "../support/project.ts";
import { CANARY, expectRefused } from "../support/refusal.ts";

let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "KEPT=kept"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

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

	test.each(FILES)(
		"refuses the file, names the line and sets nothing: $fault",
		async ({ text, code, line, says = /./ }) => {
			project.write(".env", text);
			await expectRefused(project, {
				args: ["secrets", "set", "--env-file", ".env"],
				exit: 2,
				code,
				line,
				says,
			});
		},
	);

	test("reports all faults of a file together", async () => {
		project.write(".env", "1 A=x\nB=1\nB=2\nPATH=/bin\n");
		const { stderr } = await project.coffer(["secrets", "set", "--env-file", ".env"]);
		expect(stderr).toMatch(/line 1: [\s\S]*line 3: [\s\S]*line 4: /);
	});

	test("warns about a line that other programs read differently, and takes its value literally", async () => {
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

	test("warns once about lines that other readers do not read alike, and sets dotenv's values", async () => {
		project.write(".env", `AGREED=1\nBACK=\`${CANARY}\`\nEMPTY= \nNEXT=2\n`);
		const edited = await project.data(["secrets", "set", "--env-file", ".env"]);
		expect(edited.warnings).toHaveLength(1);
		expect(edited.warnings.join()).toMatch(
			/line 2 \(BACK\), line 3 \(EMPTY\), line 4 \(NEXT\)[\s\S]*secrets check/,
		);
		expect(edited.warnings.join()).not.toMatch(new RegExp(`AGREED|${CANARY}`));
		expect(await project.reveal("BACK")).toBe(CANARY);
		expect(await project.reveal("NEXT")).toBe("2");
	});

	test("refuses NODE_OPTIONS in the file, and Node does not obey them", async () => {
		const trap = join(project.machine, "trap.cjs");
		project.write(
			"../trap.cjs",
			`require("node:fs").writeFileSync(${JSON.stringify(join(project.machine, "trapped"))}, "");`,
		);
		project.write(".env", `A=1\nNODE_OPTIONS=--require=${trap}\n`);
		await expectRefused(project, {
			args: ["secrets", "set", "--env-file", ".env"],
			exit: 2,
			code: "ENV_FILE_NAME_RESERVED",
			line: 2,
		});
		expect(existsSync(join(project.machine, "trapped"))).toBe(false);
	});

	test("refuses a missing file, a folder and a file that is not text", async () => {
		const set = (path: string) => ["secrets", "set", "--env-file", path];
		await expectRefused(project, { args: set("absent.env"), exit: 4, code: "ENV_FILE_NOT_FOUND" });
		await expectRefused(project, { args: set("."), exit: 1, code: "ENV_FILE_UNREADABLE" });
		project.write("binary.env", Uint8Array.of(0x41, 0x3d, 0xff, 0xfe));
		await expectRefused(project, { args: set("binary.env"), exit: 2, code: "ENV_FILE_NOT_TEXT" });
	});

	test("sets nothing for an empty file, and a message says so", async () => {
		project.write("empty.env", "# nothing yet\n");
		expect((await project.ok(["secrets", "set", "--env-file", "empty.env"])).stdout).toContain(
			"Nothing was set, because there were no names",
		);
	});
});
