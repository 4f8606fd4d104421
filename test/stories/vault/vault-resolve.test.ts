/** `coffer vault resolve` with the real program, after a merge by real git. */
import { describe, expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { runGit } from "../support/git.ts";
import { newIdentityText, newProject, type Project } from "../support/project.ts";
import { onTerminal } from "../support/terminal.ts";

async function branches(project: Project, theirs: readonly string[], ours: readonly string[]): Promise<void> {
	await project.git("init", "--quiet");
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "branch");
	await project.ok(["secrets", "set", ...theirs]);
	await commit(project, "Theirs");
	await project.git("checkout", "--quiet", "-");
	await project.ok(["secrets", "set", ...ours]);
	await commit(project, "Ours");
	await expect(project.git("merge", "--quiet", "branch")).rejects.toThrow();
}

const WITHOUT_IDENTITY = { env: { COFFER_IDENTITY: undefined } };

test("the error about adjacent new names names vault resolve, which needs no identity", async () => {
	await using project = await newProject();
	await branches(project, ["ONE=1"], ["TWO=2"]);
	const refused = await project.coffer(["secrets", "list", "--json"]);
	expect(refused.status).toBe(5);
	expect(refused.error()).toMatchObject({ code: "VAULT_CONFLICTED", exit: 5 });
	expect(refused.error().hint).toContain("coffer vault resolve");
	const { stdout } = await project.ok(["vault", "resolve"], WITHOUT_IDENTITY);
	expect(stdout).toMatch(/Resolved the conflict in coffer\.vault/);
	await commit(project, "Merge");
	expect((await project.data(["secrets", "list"])).secrets).toMatchObject([{ name: "ONE" }, { name: "TWO" }]);
	await project.ok(["vault", "verify"]);
	expect((await project.ok(["vault", "resolve"])).stdout).toMatch(/no conflict/);
});

test("one name on both sides exits with 5 and the name, never a value; --take decides name by name", async () => {
	await using project = await newProject();
	await branches(project, ["A=theirs-value-a", "B=theirs-value-b"], ["A=ours-value-a", "B=ours-value-b"]);
	const text = project.vault;
	const refused = await project.coffer(["vault", "resolve", "--json"]);
	expect(refused.status).toBe(5);
	expect(refused.error()).toMatchObject({ code: "MERGE_CONFLICT", exit: 5 });
	const [changed, ...sides] = refused.error().message.split("\n");
	expect(changed).toBe("Both sides changed A (production), B (production).");
	const side = /v\d by \S+, \d{4}-\d\d-\d\d \d\d:\d\d UTC/.source;
	for (const [index, name] of ["A", "B"].entries())
		expect(sides[index]).toMatch(new RegExp(`^  ${name}: ours is ${side}; theirs is ${side}$`));
	expect(refused.json().open).toEqual(["A", "B"].map((name) => ({ environment: "production", name })));
	expect(refused.stdout + refused.stderr).not.toMatch(/value-/);
	expect(project.vault).toBe(text);

	for (const args of [["--take", "ours", "C"], ["A"], ["--take", "mine"]]) {
		const wrong = await project.coffer(["vault", "resolve", ...args]);
		expect([2, 4]).toContain(wrong.status);
		expect(project.vault).toBe(text);
	}
	const half = await project.coffer(["vault", "resolve", "--take", "theirs", "A", "--json"]);
	expect(half.status).toBe(5);
	expect(half.json()).toMatchObject({ open: [{ name: "B" }], decided: [{ name: "A" }] });
	expect(await project.data(["vault", "resolve", "--take", "ours"])).toMatchObject({
		conflicted: true,
		open: [],
	});
	expect([await project.reveal("A"), await project.reveal("B")]).toEqual(["theirs-value-a", "ours-value-b"]);
});

test("a terminal shows each side by author, version and date", async () => {
	await using project = await newProject();
	await branches(project, ["A=theirs-value-a"], ["A=0", "B=1"]);
	const answers = [{ question: "Which value is right?", answer: "\u001b[B" }];
	const { status, shown } = await onTerminal(project, ["vault", "resolve"], answers);
	const when = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC";
	expect(shown).toMatch(new RegExp(`ours: v2 by \\S+, ${when}`));
	expect(shown).toMatch(new RegExp(`theirs: v1 by \\S+, ${when}`));
	expect(status).toBe(0);
	expect(await project.reveal("A")).toBe("theirs-value-a");
});

test("of a secret that a removed member set, a terminal offers the other side only, and the result names what was not taken", async () => {
	await using project = await newProject();
	const env = { COFFER_IDENTITY: newIdentityText() };
	const { publicKey } = await project.data(["identity", "show"], { env });
	await project.ok(["members", "add", publicKey, "--name", "ben"]);
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["git", "setup"]);
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "branch");
	await project.ok(["secrets", "set", "A=by-ben"], { env });
	await commit(project, "Ben sets A");
	await project.git("checkout", "--quiet", "main");
	await project.ok(["members", "remove", "ben"]);
	await commit(project, "Remove ben");
	await expect(project.git("merge", "--quiet", "branch")).rejects.toThrow();
	const answers = [{ question: "is no longer a writer. Take the other side?", answer: "" }];
	const { status, shown } = await onTerminal(project, ["vault", "resolve"], answers);
	expect(shown).toContain("The author of A in 'production' on the side 'theirs' (v1 by ben (removed), ");
	expect(shown).toContain("ours: absent");
	expect(shown).not.toContain("theirs: v1");
	expect(shown).toContain("Not taken, because its author is no longer a writer: A of 'theirs'.");
	expect(shown).toContain("coffer secrets set A");
	expect(status).toBe(0);
	await project.ok(["vault", "verify"]);
});

test("a branch on which another person changed the members too: the error names the changes of both, and how to keep both", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet", "--initial-branch", "main");
	await project.ok(["git", "setup"]);
	await commit(project, "Start");
	await using other = await cloneOf(project);
	const add = async (to: Project, name: string) => {
		const env = { COFFER_IDENTITY: newIdentityText() };
		const { publicKey } = await to.data(["identity", "show"], { env });
		await to.ok(["members", "add", publicKey, "--name", name, "--role", "reader"]);
		await commit(to, `Add ${name}`);
	};
	await add(other, "of-other");
	await add(project, "of-project");
	await project.git("fetch", "--quiet", other.root, "HEAD:theirs");
	await project.git("checkout", "--quiet", "theirs");
	const { error, status } = await project.coffer(["secrets", "list", "--json"]).then((run) => ({
		error: run.error(),
		status: run.status,
	}));
	expect(status).toBe(7);
	expect(error.code).toBe("MEMBERSHIP_DIVERGED");
	expect(error.message).toMatch(
		/Only this device knows:\n +\S+ added of-project as a reader — in branch main\n/,
	);
	expect(error.message).toMatch(/Only coffer\.vault has:\n +\S+ added of-other as a reader$/);
	expect(error.hint).toMatch(/To keep the changes of both sides, .*: git merge main$/m);
	await expect(project.git("merge", "--quiet", "main")).rejects.toThrow();
	await project.ok(["vault", "resolve", "--take", "ours"]);
	await commit(project, "Merge");
	const { members } = await project.data(["members", "list"]);
	const names = members.map(({ name }: { name: string }) => name);
	expect(names).toEqual(expect.arrayContaining(["of-other", "of-project"]));
	await project.ok(["vault", "verify"]);
});

test("an older record that a merge takes without a question counts as a rollback, also after vault resolve", async () => {
	await using project = await newProject();
	const recordOf = (vault: string) => /^A\n.*\n/m.exec(vault)?.[0] ?? "";
	await project.ok(["secrets", "set", "A=first"]);
	const older = recordOf(project.vault);
	await project.ok(["secrets", "set", "A=second", "B=first"]);
	await project.git("init", "--quiet", "--initial-branch", "main");
	await commit(project, "Start");
	await project.git("checkout", "--quiet", "-b", "branch");
	await project.ok(["secrets", "set", "B=theirs", "C=theirs"]);
	project.vault = project.vault.replace(recordOf(project.vault), () => older);
	await commit(project, "Theirs: B, C, and the first value of A");
	await project.git("checkout", "--quiet", "main");
	await project.ok(["secrets", "set", "B=ours"]);
	await commit(project, "Ours");
	await expect(project.git("merge", "--quiet", "branch")).rejects.toThrow();
	// Without markers in the file, the sides come from git's index, where each has its own record of A.
	await project.git("checkout", "--quiet", "--ours", "--", "coffer.vault");
	const decided = await project.data(["vault", "resolve", "--take", "ours"]);
	expect(decided).toMatchObject({ decided: [{ name: "B" }] });
	expect(await project.reveal("A")).toBe("first");
	const verified = await project.coffer(["vault", "verify", "--json"]);
	expect(verified.status).toBe(7);
	expect(verified.stdout).toMatch(/"RECORD_ROLLED_BACK"/);
});

/** What a person leaves of a conflict in an editor of a hosting service, which is then committed as the merge. */
const BY_HAND: Record<string, (conflicted: string) => string> = {
	"the lines of both sides": (text) => text.replaceAll(/^(<{7}|={7}|>{7}).*\n/gm, ""),
	"a marker": (text) => text.replace(/^<{7}.*\n/m, ""),
	"the lines of both sides and no blank line": (text) =>
		text.replaceAll(/^(<{7}|={7}|>{7}).*\n/gm, "").replaceAll(/\n{2,}/g, "\n"),
};

describe.each(Object.entries(BY_HAND))("a merge that was committed with %s", (_, edit) => {
	test("is merged again from its parents by vault resolve, also after later commits", async () => {
		await using project = await newProject();
		await project.ok(["secrets", "set", "BASE=0"]);
		await branches(project, ["BASE=1", "OF_THEIRS=1"], ["BASE=2", "OF_OURS=1"]);
		project.vault = edit(project.vault);
		await commit(project, "Merge by hand");
		project.write("file.txt", "later\n");
		await commit(project, "Later");
		const refused = await project.coffer(["secrets", "list", "--json"]);
		expect(refused.error().hint).toContain("coffer vault resolve");
		expect((await project.coffer(["vault", "verify"])).stderr).toContain("coffer vault resolve");
		const result = await project.data(["vault", "resolve", "--take", "theirs"]);
		expect(result).toMatchObject({ decided: [{ name: "BASE" }] });
		const { secrets } = await project.data(["secrets", "list"]);
		expect(secrets).toMatchObject([{ name: "BASE" }, { name: "OF_OURS" }, { name: "OF_THEIRS" }]);
		expect(await project.reveal("BASE")).toBe("1");
		await project.ok(["vault", "verify"]);
	});
});

test("vault resolve names the newest readable commit if a commit that is no merge has a damaged vault", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet");
	await commit(project, "Start");
	const whole = project.vault;
	project.vault = whole.slice(0, 300);
	await commit(project, "Cut off");
	const refused = await project.coffer(["vault", "resolve", "--json"]);
	expect(refused.status).toBe(7);
	const [, command = ""] = /: git ([^:]*coffer\.vault)\./.exec(refused.error().hint) ?? [];
	expect(runGit(project, command.split(" ")).status).toBe(0);
	expect(project.vault).toBe(whole);
});

const CHANGED_LAYOUTS: Record<string, (text: string) => string> = {
	"line ends of Windows": (text) => text.replaceAll("\n", "\r\n"),
	"a byte order mark": (text) => `\uFEFF${text}`,
	"no line feed at the end": (text) => text.trimEnd(),
	"more line feeds at the end": (text) => `${text}\n\n`,
	"spaces at the ends of lines": (text) => text.replaceAll("\n", "  \n"),
	"no blank lines": (text) => text.replaceAll(/\n{2,}/g, "\n"),
	"two blank lines for each one": (text) => text.replaceAll("\n\n", "\n\n\n"),
};

test("vault resolve repairs what editors and formatters change, and keeps what is not committed", async () => {
	await using project = await newProject();
	await project.git("init", "--quiet");
	await commit(project, "Start");
	await project.ok(["secrets", "set", "A=1", "B=2"]);
	await project.ok(["environments", "create", "empty"]);
	const whole = project.vault;
	for (const [what, change] of Object.entries(CHANGED_LAYOUTS)) {
		project.vault = change(whole);
		const refused = await project.coffer(["secrets", "list", "--json"]);
		expect(refused.status, what).toBe(7);
		expect(refused.error().hint, what).toContain("coffer vault resolve");
		const { stdout } = await project.ok(["vault", "resolve"]);
		expect(stdout, what).toMatch(/^✓ Repaired the line ends and blank lines\./);
		expect(project.vault, what).toBe(whole);
	}
});
