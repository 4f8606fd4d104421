/** An environment that is deleted and created again, on devices that have seen the earlier one. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { addEnvironment, deleteEnvironment } from "../../../src/project/members/environments.ts";
import { readSession, setSecrets } from "../../../src/project/secrets/edit-secrets.ts";
import { listSecrets } from "../../../src/project/secrets/read-secrets.ts";
import type { SessionContext } from "../../../src/project/session/session.ts";
import { verifyVault } from "../../../src/project/verify-vault.ts";
import { refusalOf } from "../../support/refusal.ts";
import { TestProject } from "../project.ts";

async function namesOn(context: SessionContext): Promise<{ names: string[]; warnings: readonly string[] }> {
	const { session, remember } = await readSession(context);
	const names = (await listSecrets(session)).map(({ name, version }) => `${name} v${version}`);
	await remember();
	return { names, warnings: session.warnings };
}

async function findings(holder: SessionContext): Promise<string[]> {
	const report = await verifyVault({ root: holder.root, environment: undefined, holder });
	return report.findings.map(({ code, environment }) => `${code} ${environment}`);
}

test("every device that knew the deleted environment uses the new one, and encrypts nothing for the old one", async () => {
	using project = await TestProject.create();
	const here = project.context;
	const other = { ...here, stateFolder: join(project.folder, "other-state") };
	await project.set({ A: "1", OLD: "1" });
	await project.set({ A: "2" });
	await addEnvironment({ ...here, environment: "preview" });
	await namesOn(other);
	const before = await project.read();

	await deleteEnvironment(here);
	expect((await refusalOf(namesOn(here))).message).toContain("was deleted from this vault");
	await addEnvironment(here);
	await setSecrets(here, new Map([["A", "anew"]]));
	const anew = await project.read();
	for (const device of [here, other]) {
		expect(await findings(device)).toEqual([]);
		expect((await namesOn(device)).names).toEqual(["A v1"]);
	}
	await setSecrets(other, new Map([["B", "2"]]));
	expect(await findings(here)).toEqual([]);
	const latest = await project.read();

	await project.write(before);
	for (const device of [here, other]) {
		const old = await namesOn(device);
		expect(old.names).toEqual(["A v2", "OLD v1"]);
		expect(old.warnings.join(" ")).toContain("older than this device has seen");
		expect(await refusalOf(setSecrets(device, new Map([["A", "3"]])))).toMatchObject({ code: "EPOCH_OLDER" });
		expect(await findings(device)).toContain("MEMBERSHIP_ROLLED_BACK production");
	}
	expect(await project.read()).toBe(before);
	await project.write(latest);
	for (const device of [here, other]) {
		expect(await namesOn(device)).toEqual({ names: ["A v1", "B v1"], warnings: [] });
		expect(await findings(device)).toEqual([]);
	}
	// A missing record of the new environment is detected as usual.
	await project.write(anew);
	expect(await findings(other)).toEqual(["RECORD_DROPPED production"]);
});
