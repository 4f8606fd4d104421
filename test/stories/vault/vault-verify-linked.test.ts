/** A fresh clone has no version marks. `vault verify` compares it with its platform's log instead. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { link, type Platform, startPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let platform: Platform;
let ana: Project;
/** The vault at the time of the first sync, and now. */
let older: string;
let newest: string;

beforeAll(async () => {
	[ana, platform] = await Promise.all([newProject(), startPlatform()]);
	await ana.ok(["secrets", "set", "A=first", "B=kept"]);
	await link(ana, platform);
	older = ana.vault;
	await ana.ok(["secrets", "set", "A=second", "C=new"]);
	newest = ana.vault;
	await ana.git("init", "--quiet");
	await commit(ana, "Now");
});
afterAll(async () => {
	await ana?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

interface Checked {
	status: number | null;
	findings: { code: string; name: string | null; line: number | null }[];
	unchecked: string[];
}

async function check(project: Project, ...flags: string[]): Promise<Checked> {
	const result = await project.coffer(["vault", "verify", "--json", ...flags]);
	return { status: result.status, ...result.json() };
}

const codes = ({ findings }: Checked) => findings.map(({ code, name }) => [code, name]);

describe("vault verify in a fresh clone", () => {
	test("of the newest commit accepts the vault and compares it with the log", async () => {
		await using clone = await cloneOf(ana);
		const checked = await check(clone);
		expect(checked).toMatchObject({ status: 0, findings: [] });
		expect(checked.unchecked.join()).not.toMatch(/no version marks/);
		await using other = await cloneOf(ana);
		expect((await check(other, "--offline")).unchecked.join()).toMatch(/no version marks of it yet/);
	});

	test("exits with 7 and names the records if the vault was rolled back or lost a record", async () => {
		await using clone = await cloneOf(ana);
		clone.vault = older;
		const rolledBack = await check(clone);
		expect(codes(rolledBack)).toEqual([
			["RECORD_DROPPED", "C"],
			["RECORD_ROLLED_BACK", "A"],
		]);
		expect(rolledBack.status).toBe(7);
		expect(rolledBack.findings[1]?.line).toBeGreaterThan(1);
		clone.vault = newest.replace(/^B\n[^\n]+\n\n/m, "");
		expect(codes(await check(clone))).toEqual([["RECORD_DROPPED", "B"]]);
	});

	test("exits with 7 if a stranger's vault is in its place, whatever coffer.json contains", async () => {
		await using clone = await cloneOf(ana);
		await using stranger = await newProject();
		await stranger.ok(["secrets", "set", "A=planted"]);
		clone.vault = stranger.vault;
		const options = { env: { COFFER_IDENTITY: stranger.identity } };
		const replaced = await clone.coffer(["vault", "verify", "--json"], options);
		expect(replaced.json().findings[0]).toMatchObject({ code: "LINK_FOREIGN", line: 1 });
		const vaultOf = (text: string) => text.split(/[ \n]/, 3)[2] ?? "";
		const config = clone.read("coffer.json").replace(vaultOf(newest), vaultOf(stranger.vault));
		clone.write("coffer.json", config);
		const adapted = await clone.coffer(["vault", "verify", "--json"], options);
		expect(adapted.status).toBe(7);
		expect(adapted.json().findings[0]).toMatchObject({ code: "LOG_FORKED" });
	});
});

describe("vault verify in a working copy that has synced", () => {
	test("reports a lost record once, although its version marks and the log both show it", async () => {
		await using clone = await cloneOf(ana);
		await clone.ok(["sync"]);
		await clone.ok(["secrets", "list"]);
		clone.vault = clone.vault.replace(/^B\n[^\n]+\n\n/m, "");
		expect(codes(await check(clone))).toEqual([["RECORD_DROPPED", "B"]]);
	});

	test("accepts a vault that is behind others, and reports an unreachable platform", async () => {
		await using clone = await cloneOf(ana);
		await clone.ok(["sync"]);
		await ana.ok(["secrets", "set", "A=third", "D=new"]);
		const checked = await check(clone);
		expect(checked).toMatchObject({ status: 0, findings: [] });
		expect(checked.unchecked.join()).toMatch(/Newer on the platform of 'production' \(.*\): A, D\./);
		await clone.ok(["secrets", "set", "B=mine", "--no-sync"]);
		const changedHere = await check(clone);
		expect(changedHere.status).toBe(0);
		expect(changedHere.unchecked.join()).toMatch(/Newer on the platform of 'production' \(.*\): A, D\./);
		await platform.stop();
		expect((await check(clone)).unchecked.join()).toMatch(/cannot be reached/);
		await platform.start();
	});
});
