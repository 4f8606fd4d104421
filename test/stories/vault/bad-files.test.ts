/** Commands outside a project, without a usable identity, and with damaged files. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newIdentityText, newProject, Project } from "../support/project.ts";
import { CANARY, expectRefused } from "../support/refusal.ts";

let project: Project;

beforeAll(async () => {
	project = await newProject();
	await project.ok(["secrets", "set", "KEPT=kept"]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

describe("the project and the identity", () => {
	test("reports that there is no project", async () => {
		await using bare = new Project();
		for (const args of [["secrets", "list"], ["status"], ["secrets", "set", "A=1"], ["sync"]]) {
			const result = await bare.coffer([...args, "--json"]);
			expect(result.error()).toMatchObject({ code: "PROJECT_NOT_FOUND", exit: 4 });
			expect(result.status).toBe(4);
		}
	});

	test("finds the project from a folder below its root", async () => {
		project.write("deep/er/file", "");
		expect((await project.data(["status"], { cwd: "deep/er" })).environment).toBe("production");
	});

	test("refuses a missing or malformed identity, one of a non-member, and one in a file that others can read", async () => {
		const list = ["secrets", "list"];
		const as = (identity: string | undefined, file?: string) => ({
			COFFER_IDENTITY: identity,
			COFFER_IDENTITY_FILE: file,
		});
		await expectRefused(project, { args: list, exit: 3, code: "KEYCHAIN_UNAVAILABLE", env: as(undefined) });
		await expectRefused(project, {
			args: list,
			exit: 3,
			code: "IDENTITY_MALFORMED",
			env: as(`coffer-${CANARY}`),
		});
		await expectRefused(project, { args: list, exit: 3, code: "NOT_A_MEMBER", env: as(newIdentityText()) });
		const file = join(project.machine, "identity");
		project.write("../identity", project.identity ?? "");
		chmodSync(file, 0o644);
		await expectRefused(project, {
			args: list,
			exit: 3,
			code: "IDENTITY_FILE_MODE",
			env: as(undefined, file),
		});
		chmodSync(file, 0o600);
		expect((await project.data(list, { env: as(undefined, file) })).secrets).not.toEqual([]);
	});

	test("run exits with 125 for failures of its own", async () => {
		await expectRefused(project, { args: ["run"], exit: 125 as 2, code: "USAGE" });
		await using bare = new Project();
		expect((await bare.coffer(["run", "--", "true"])).status).toBe(125);
	});
});

describe("damaged files", () => {
	/** Runs a test while a file has another text, and then restores the file. */
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
	])("refuses a coffer.json: %s", async (_, text) => {
		await withText("coffer.json", text, async () => {
			await expectRefused(project, {
				args: ["status"],
				exit: 2,
				code: "CONFIG_INVALID",
				says: /coffer\.json/,
			});
		});
	});

	test("refuses a vault in which one character was changed, with exit status 7 and the line", async () => {
		const vault = project.vault;
		const lines = vault.split("\n");
		const index = lines.indexOf("KEPT") + 1;
		const record = lines[index] ?? "";
		const at = record.length - 5;
		lines[index] = record.slice(0, at) + (record[at] === "A" ? "B" : "A") + record.slice(at + 1);
		await withText("coffer.vault", lines.join("\n"), async () => {
			const result = await project.coffer(["secrets", "get", "KEPT", "--json"]);
			expect(result.status).toBe(7);
			expect(result.error().line).toBe(index + 1);
			await expectRefused(project, {
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
	])("refuses a vault %s, with exit status 7 and a line", async (_, change) => {
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

	test("refuses a vault of a newer format with exit status 1, and says what to do", async () => {
		await withText("coffer.vault", project.vault.replace("coffer-vault 1", "coffer-vault 2"), async () => {
			for (const args of [
				["secrets", "list"],
				["secrets", "set", "A=1"],
			])
				await expectRefused(project, { args, exit: 1, code: "VAULT_VERSION_UNKNOWN", line: 1 });
		});
	});

	test("refuses a vault with git's conflict markers, with exit status 5", async () => {
		const text = project.vault.replace("KEPT\n", "<<<<<<< ours\nKEPT\n");
		await withText("coffer.vault", text, async () => {
			const result = await project.coffer(["secrets", "list", "--json"]);
			expect(result.status).toBe(5);
			expect(result.error().line).toBeGreaterThan(0);
			expect(project.vault).toBe(text);
		});
	});

	test("refuses another vault in its place, with exit status 7", async () => {
		await using other = await newProject({ identity: project.identity ?? "none" });
		await withText("coffer.vault", other.vault, async () => {
			await expectRefused(project, { args: ["secrets", "list"], exit: 7, code: "VAULT_REPLACED" });
		});
	});
});
