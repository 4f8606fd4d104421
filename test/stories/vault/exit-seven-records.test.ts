/** Errors about single records with exit status 7: the printed commands of their hints repair the vault. */
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { commandsIn, committed, expectUsable, follow, refusal } from "../support/hints.ts";
import { Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

/** Runs a Coffer command on a terminal, and enters a value when the command asks for one. */
async function type(project: Project, command: string | undefined, answer: string): Promise<void> {
	const [program, ...words] = (command ?? "").split(" ");
	expect(program).toBe("coffer");
	const { status, shown } = await onTerminal(project, words, [{ question: "Value", answer }]);
	expect(status, shown).toBe(0);
}

/**
 * A merge in which both sides changed A. Ana had added ben as a writer. Ben set A on a branch, and ana
 * removed ben on main.
 */
async function withRemovedAuthor(): Promise<{ ana: Project; ben: Project }> {
	const ana = await committed();
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", "A=first", "-e", "preview"]);
	const ben = new Project();
	const { publicKey } = await ben.data(["identity", "show"]);
	await ana.ok(["members", "add", publicKey, "--name", "ben", "-e", "preview"]);
	await commit(ana, "Add ben");
	await ben.git("clone", "--quiet", ana.root, ".");
	for (const value of ["earlier-value-of-ben", "value-of-ben"])
		await ben.ok(["secrets", "set", `A=${value}`, "-e", "preview"]);
	await commit(ben, "Set A");
	await ana.ok(["members", "remove", "ben", "-e", "preview"]);
	await ana.ok(["secrets", "set", "A=value-of-ana", "-e", "preview"]);
	await commit(ana, "Remove ben");
	return { ana, ben };
}

test("RECORD_AUTHOR_REMOVED: the hint takes the other side, and the value can be set again", async () => {
	const { ana, ben } = await withRemovedAuthor();
	await using _ana = ana;
	await using _ben = ben;
	await ana.git("fetch", "--quiet", ben.root, "HEAD");
	await expect(ana.git("merge", "--quiet", "FETCH_HEAD")).rejects.toThrow();
	const hint = await refusal(ana, ["vault", "resolve", "--take", "theirs"], "RECORD_AUTHOR_REMOVED");
	await follow(ana, hint);
	expect((await ana.data(["secrets", "get", "A", "-e", "preview", "--reveal"])).value).toBe("value-of-ana");
	await type(ana, commandsIn(hint)[1], "value-of-ben");
	expect((await ana.data(["secrets", "get", "A", "-e", "preview", "--reveal"])).value).toBe("value-of-ben");
	await expectUsable(ana);
});

test("VERSION_REFUSED: the hint sets the value again, in the environment of the command", async () => {
	const { ana, ben } = await withRemovedAuthor();
	await using _ana = ana;
	await using _ben = ben;
	await ana.git("fetch", "--quiet", ben.root, "HEAD:refs/heads/ben");
	const hint = await refusal(
		ana,
		["vault", "restore", "A", "--version", "3", "-e", "preview"],
		"VERSION_REFUSED",
	);
	await type(ana, commandsIn(hint)[0], "value-of-ben");
	expect((await ana.data(["secrets", "get", "A", "-e", "preview", "--reveal"])).value).toBe("value-of-ben");
	await expectUsable(ana);
});

test("RECORD_FORGED when a rollback reads the record: the hint restores it in its environment", async () => {
	await using ana = await committed();
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", "P=first", "-e", "preview"]);
	await commit(ana, "First");
	await ana.ok(["secrets", "set", "P=second", "-e", "preview"]);
	await commit(ana, "Preview");
	ana.vault = ana.vault.replace("\nP\nv2 live ", "\nP\nv9 live ");
	const rollback = ["secrets", "rollback", "P", "--to", "1", "-e", "preview"];
	await follow(ana, await refusal(ana, rollback, "RECORD_FORGED"));
	await ana.ok(rollback);
	await ana.ok(["vault", "verify", "-e", "preview"]);
});
