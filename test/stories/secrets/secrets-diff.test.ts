/** `secrets list` with patterns, and `secrets diff`, with the real program. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { formsOf } from "../../support/values/forms.ts";
import { newProject, type Project } from "../support/project.ts";

const [HERE, THERE] = ["cAnary+here/1 é&xyzzy-0001", "cAnary+there/2 é&xyzzy-0002"];
let ana: Project;

beforeAll(async () => {
	ana = await newProject();
	await ana.ok(["environments", "create", "preview"]);
	await ana.ok(["secrets", "set", "SAME=equal", `API_KEY=${HERE}`, "API_ID=7"]);
	await ana.ok(["secrets", "set", "SAME=equal", "API_KEY=first", "EXTRA=e", "-e", "preview"]);
	await ana.ok(["secrets", "set", `API_KEY=${THERE}`, "-e", "preview"]);
});
afterAll(() => ana?.[Symbol.asyncDispose]());

const diff = (...more: string[]) => ["secrets", "diff", "production", "preview", ...more];

test("secrets list lists what names and patterns choose, and names what is missing", async () => {
	const listed = await ana.coffer(["secrets", "list", "API_*"]);
	expect([listed.status, listed.stderr]).toEqual([0, ""]);
	expect(listed.stdout.match(/^\S+/gm)).toEqual(["NAME", "API_ID", "API_KEY"]);
	const refused = await ana.coffer(["secrets", "list", "SAME", "NONE", "X?", "--json"]);
	expect(refused.error()).toMatchObject({ code: "SECRET_NOT_FOUND", exit: 4 });
	expect(refused.error().message).toContain("NONE, X? in environment 'production'");
});

test("secrets diff says what differs, in which versions, by whom and when, without a value", async () => {
	await ana.git("init", "--quiet");
	await ana.git("add", "coffer.vault");
	await ana.git("commit", "--quiet", "--message", "Add the vault", "--date", "2026-03-04T05:06:00Z");
	const shown = await ana.coffer(diff());
	expect(shown.status).toBe(0);
	for (const form of [HERE, THERE].flatMap(formsOf)) expect(shown.stdout + shown.stderr).not.toContain(form);
	expect(shown.stdout).toMatch(/^API_ID +only in production +v1, \S+, 2026-03-04 05:06 UTC +-$/m);
	expect(shown.stdout).toMatch(/^API_KEY +different +v1, .* v2, /m);
	expect(shown.stdout).toMatch(/^EXTRA +only in preview +- +v1/m);
	expect(shown.stdout).toMatch(/^SAME +same/m);
	expect(shown.stdout).toContain("4 secrets compared, 3 not the same.");
	const data = await ana.data(diff("API_KEY"));
	expect(data).toMatchObject({ first: "production", second: "preview", equal: false });
	expect(data.secrets).toEqual([
		{
			name: "API_KEY",
			difference: "different",
			first: { version: 1, by: expect.anything(), committedAt: "2026-03-04T05:06:00.000Z" },
			second: { version: 2, by: expect.anything(), committedAt: "2026-03-04T05:06:00.000Z" },
		},
	]);
});

test("secrets diff --reveal prints the values that differ, and no other", async () => {
	const shown = await ana.coffer(diff("--reveal"));
	expect(shown.stdout).toContain(`API_KEY in production: ${JSON.stringify(HERE)}\n`);
	expect(shown.stdout).toContain(`API_KEY in preview: ${JSON.stringify(THERE)}\n`);
	expect(shown.stdout).not.toContain("equal");
	const [one] = (await ana.data(diff("API_KEY", "--reveal"))).secrets;
	expect([one.first.value, one.second.value]).toEqual([HERE, THERE]);
});

test("secrets diff --exit-code exits with 1 if the environments differ, and with 0 if not", async () => {
	expect((await ana.coffer(diff("--exit-code"))).status).toBe(1);
	const same = await ana.coffer(diff("SAME", "--exit-code"));
	expect([same.status, same.stdout]).toEqual([
		0,
		expect.stringContaining("1 secret compared, all the same."),
	]);
});

test.each([
	[["secrets", "diff", "production"], "USAGE", 2],
	[["secrets", "diff", "production", "production"], "USAGE", 2],
	[["secrets", "diff", "production", "staging"], "ENVIRONMENT_NOT_FOUND", 4],
	[["secrets", "diff", "production", "Not A Name"], "ENVIRONMENT_NAME_INVALID", 2],
	[diff("NONE"), "SECRET_NOT_FOUND", 4],
])("%j is refused", async (args, code, exit) => {
	expect((await ana.coffer([...args, "--json"])).error()).toMatchObject({ code, exit });
});
