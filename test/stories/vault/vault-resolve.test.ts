/** `coffer vault resolve` with the real program, after a merge by real git. */
import { expect, test } from "vitest";
import { commit } from "../support/clone.ts";
import { newProject, type Project } from "../support/project.ts";
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
