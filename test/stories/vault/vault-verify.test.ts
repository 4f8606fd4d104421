/** `coffer vault verify` with the real program. */
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { newIdentityText, newProject } from "../support/project.ts";

test("vault verify exits with 0 for a valid vault, and with 7 for an older file, which only causes a warning elsewhere", async () => {
	await using project = await newProject();
	await project.ok(["secrets", "set", "A=first-value-of-A", "B=b"]);
	const older = project.vault;
	await project.ok(["secrets", "set", "A=second-value-of-A"]);
	expect((await project.ok(["vault", "verify"])).stdout).toMatch(
		/2 records checked, 2 decrypted\n.*The vault is valid/,
	);

	project.vault = older;
	const refused = await project.coffer(["vault", "verify", "--json"]);
	expect(refused.status).toBe(7);
	expect(refused.error()).toMatchObject({
		code: "VAULT_UNSOUND",
		exit: 7,
		hint: "To forget the changes that were undone here: coffer vault accept",
	});
	expect(refused.json().lacking).toMatchObject([{ kind: "undone", name: "A", version: 2 }]);
	expect(refused.json().findings).toMatchObject([
		{ code: "RECORD_ROLLED_BACK", environment: "production", name: "A" },
	]);
	const shown = await project.coffer(["vault", "verify"]);
	expect(shown.stdout).toMatch(/RECORD_ROLLED_BACK \(production, line \d+\)\n {4}A has version 1/);
	expect(refused.stdout + refused.stderr + shown.stdout + shown.stderr).not.toContain("value-of-A");
	expect((await project.ok(["secrets", "list"])).stderr).toMatch(/Older than this device has seen: A/);
	expect((await project.coffer(["vault", "verify"])).status).toBe(7);
	expect(project.vault).toBe(older);

	const anonymous = await project.data(["vault", "verify"], { env: { COFFER_IDENTITY: undefined } });
	expect(anonymous.environments).toEqual([{ environment: "production", verified: 2, opened: null }]);
	expect(anonymous.unchecked).toEqual([expect.stringMatching(/no identity/)]);
});

test("every command that meets a missing or altered record names the command that restores it", async () => {
	await using project = await newProject();
	await project.ok(["environments", "create", "preview"]);
	await project.ok(["secrets", "set", "A=a", "-e", "preview"]);
	const whole = project.vault;
	const record = /^A\n(v1 live [^\n]+)\n\n/m;
	project.vault = whole.replace(record, "");
	const list = await project.ok(["secrets", "list", "-e", "preview"]);
	expect(list.stderr).toMatch(/absent now: A\..*coffer vault restore NAME/);
	const get = ["secrets", "get", "A", "-e", "preview", "--json"];
	const restore = "coffer vault restore A -e preview";
	const gone = await project.coffer(get);
	expect(gone.error()).toMatchObject({
		code: "SECRET_NOT_FOUND",
		exit: 4,
		hint: expect.stringContaining(restore),
	});
	// The version number, which the signature covers.
	project.vault = whole.replace(/^v1 live/m, "v2 live");
	for (const args of [get, ["vault", "verify", "--json"]]) {
		const altered = await project.coffer(args);
		expect(altered.error()).toMatchObject({ exit: 7, hint: expect.stringContaining(restore) });
	}
	expect((await project.coffer(get)).error().code).toBe("RECORD_FORGED");
});

test("who may not write is told which member can restore a record", async () => {
	await using project = await newProject();
	await project.ok(["secrets", "set", "A=a"]);
	const asBen = { COFFER_IDENTITY: newIdentityText() };
	const { publicKey } = await project.data(["identity", "show"], { env: asBen });
	await project.ok(["members", "add", publicKey, "--name", "ben", "--role", "reader"]);
	await project.git("init", "--quiet");
	await commit(project, "Start");
	const record = /^A\n(v1 live [^\n]+)\n\n/m;
	const ask = /^To restore (A|it|a secret), ask a writer of environment 'production' \(.+\) to run: /;
	const removed = "ben is removed";
	for (const role of ["ben is a reader", removed]) {
		if (role === removed) {
			await project.ok(["members", "remove", "ben"]);
			await commit(project, removed);
		}
		await project.coffer(["secrets", "list"], { env: asBen });
		// No text of git has both records.
		const whole = project.vault;
		project.vault = whole.replace(record, "");
		await project.ok(["secrets", "set", `NEW_${role.split(" ").at(-1)?.toUpperCase()}=b`]);
		for (const args of [
			["vault", "verify"],
			["vault", "accept"],
		]) {
			const { hint } = (await project.coffer([...args, "--json"], { env: asBen })).error();
			expect(hint, role).toMatch(new RegExp(`${ask.source}coffer vault restore A$`, "m"));
		}
		project.vault = whole.replace(/^v1 live/m, "v2 live");
		const forged = await project.coffer(["vault", "verify", "--json"], { env: asBen });
		expect(forged.error().hint, role).toMatch(new RegExp(`${ask.source}coffer vault restore A$`, "m"));
		project.vault = whole;
	}
});
