/** Names that functions read although the analysis of their code did not find them. */

import { describe, expect, test, vi } from "vitest";
import { statusesOf } from "../../fixtures/client.ts";
import { logOf } from "../../fixtures/core.ts";
import { platform, TestApp, useCore } from "../app-fixture.ts";

useCore();

/** A read of a variable that the analysis does not find: it does not follow the code that a package makes of a text. */
const TEMPLATE = 'import template from "npm:lodash.template@4.5.0";';
const HIDDEN = (name: string) => `template('<%= Deno.env.get("${name}") %>')()`;
const SHOW_HIDDEN = (name: string) =>
	`${TEMPLATE}\nDeno.serve(() => new Response(${HIDDEN(name)} || "none"));`;

const linesOf = async (app: TestApp, name: string) =>
	(await platform.core.logs.read(...logOf(platform, app.id, name), { limit: 100 })).map(
		({ message }) => message,
	);

const namesOf = async (app: TestApp, name: string) =>
	(await app.show(name))?.references.map((reference) => `${reference.how} ${reference.name}`);

describe("a secret that a function reads and the analysis did not find", () => {
	test("becomes a reference, and the function is started again with it", async () => {
		const app = await TestApp.open("seen", { HIDDEN: "v1", OTHER: "o" });
		await app.deploy({ lazy: SHOW_HIDDEN("HIDDEN"), other: SHOW_HIDDEN("ELSE") });
		const before = await app.show("lazy");
		expect(await namesOf(app, "lazy")).toEqual([]);
		expect(await app.fetch("lazy")).toBe("none");
		await vi.waitFor(async () => expect(await app.fetch("lazy")).toBe("v1"));
		const after = await app.show("lazy");
		expect(after?.pid).not.toBe(before?.pid);
		expect(after).toMatchObject({
			deployment: before?.deployment,
			references: [{ name: "HIDDEN", file: "", line: 0, how: "observed" }],
			seen: ["HIDDEN"],
		});
		expect(await linesOf(app, "lazy")).toEqual([
			"The function read the secret HIDDEN, which the analysis of its code did not find. It is started again with this secret.",
		]);
	});

	test("redeploys the function when it changes", async () => {
		const app = await TestApp.open("changes", { HIDDEN: "v1" });
		await app.deploy({ lazy: SHOW_HIDDEN("HIDDEN") });
		await app.fetch("lazy");
		await vi.waitFor(async () => expect(await app.fetch("lazy")).toBe("v1"));
		expect(await app.set({ HIDDEN: "v2" })).toMatchObject([
			{ function: "lazy", status: "live", reasons: [{ name: "HIDDEN", how: "observed" }] },
		]);
		expect(await app.fetch("lazy")).toBe("v2");
	});

	test("is given to a function that cannot start without it", async () => {
		const app = await TestApp.open("needs", { FIRST: "1", SECOND: "2" });
		const need = (name: string) => `if (!${HIDDEN(name)}) throw new Error("no ${name}");`;
		const code = `${need("FIRST")}\n${need("SECOND")}\n${SHOW_HIDDEN("SECOND")}`;
		expect(statusesOf(await app.deploy({ strict: code }))).toEqual({ strict: "deployed" });
		expect(await app.fetch("strict")).toBe("2");
		expect(await namesOf(app, "strict")).toEqual(["observed FIRST", "observed SECOND"]);
	});

	test("is a reference of later versions", async () => {
		const app = await TestApp.open("carried", { HIDDEN: "v1" });
		await app.deploy({ lazy: SHOW_HIDDEN("HIDDEN") });
		await app.fetch("lazy");
		await vi.waitFor(async () => expect(await app.fetch("lazy")).toBe("v1"));
		await app.deploy({ lazy: `console.log("new");\n${SHOW_HIDDEN("HIDDEN")}` });
		expect(await namesOf(app, "lazy")).toEqual(["observed HIDDEN"]);
		expect(await app.fetch("lazy")).toBe("v1");
	});

	test("is no longer an observed reference once the analysis finds it", async () => {
		const app = await TestApp.open("told-now", { HIDDEN: "v1" });
		await app.deploy({ lazy: SHOW_HIDDEN("HIDDEN") });
		await app.fetch("lazy");
		await vi.waitFor(async () => expect(await namesOf(app, "lazy")).toEqual(["observed HIDDEN"]));
		await app.deploy({ lazy: `Deno.serve(() => new Response(Deno.env.get("HIDDEN")));` });
		expect(await namesOf(app, "lazy")).toEqual(["static HIDDEN"]);
	});

	test("is not given to a function whose function.jsonc excludes it, and the log says so", async () => {
		const app = await TestApp.open("kept", { HIDDEN: "v1" });
		await app.deployFiles({
			"functions/lazy/index.ts": SHOW_HIDDEN("HIDDEN"),
			"functions/lazy/function.jsonc": '{"secrets": {"exclude": ["HIDDEN"]}}',
		});
		const { pid } = (await app.show("lazy")) ?? {};
		expect(await app.fetch("lazy")).toBe("none");
		await vi.waitFor(async () =>
			expect(await linesOf(app, "lazy")).toEqual([
				"The function read the secret HIDDEN, but its function.jsonc excludes this secret. The function does not get it.",
			]),
		);
		expect(await app.fetch("lazy")).toBe("none");
		expect(await app.show("lazy")).toMatchObject({ pid, excluded: ["HIDDEN"] });
	});
});

test("a variable that is not a secret is recorded and restarts nothing; when such a secret is set, the function gets it", async () => {
	const app = await TestApp.open("later", {});
	await app.deploy({ lazy: SHOW_HIDDEN("LATER") });
	const { pid } = (await app.show("lazy")) ?? {};
	expect(await app.fetch("lazy")).toBe("none");
	await vi.waitFor(async () => expect(await namesOf(app, "lazy")).toEqual(["observed LATER"]));
	expect(await app.show("lazy")).toMatchObject({ pid });
	expect(await linesOf(app, "lazy")).toEqual([]);
	expect(await app.set({ LATER: "now" })).toMatchObject([{ function: "lazy", status: "live" }]);
	expect(await app.fetch("lazy")).toBe("now");
});

test("a name that the analysis found is recorded as seen, and is not a second reference", async () => {
	const app = await TestApp.open("told", { READ: "r", UNREAD: "u" });
	const code = `Deno.serve((r) => new Response(Deno.env.get(r.url.endsWith("never") ? "UNREAD" : "READ")));`;
	await app.deploy({ both: code });
	const { pid } = (await app.show("both")) ?? {};
	expect(await app.fetch("both")).toBe("r");
	await vi.waitFor(async () => expect((await app.show("both"))?.seen).toEqual(["READ"]));
	expect(await namesOf(app, "both")).toEqual(["static READ", "static UNREAD"]);
	expect(await app.show("both")).toMatchObject({ pid });
});

test("a function that reads names in a loop is recorded with a limited number of them", async () => {
	const app = await TestApp.open("counts", {});
	const code = `${TEMPLATE}
	const read = template('<% for (let i = 0; i < 2000; i++) Deno.env.get("N" + i) %>');
	Deno.serve(() => {
		read();
		return new Response("done");
	});`;
	await app.deploy({ counting: code });
	expect(await app.fetch("counting")).toBe("done");
	await vi.waitFor(async () => expect((await app.show("counting"))?.seen).toHaveLength(500));
	expect(await app.fetch("counting")).toBe("done");
});

describe("a declaration in function.jsonc", () => {
	const declare = (secrets: unknown) => `{\n  // by hand\n  "secrets": ${JSON.stringify(secrets)}\n}`;
	const files = (code: string, secrets: unknown) => ({
		"functions/by-hand/index.ts": code,
		"functions/by-hand/function.jsonc": declare(secrets),
	});

	test("gives the function a secret, and a change of it redeploys the function", async () => {
		const app = await TestApp.open("declared", { HIDDEN: "v1", STRIPE_ID: "s" });
		await app.deployFiles(files(SHOW_HIDDEN("HIDDEN"), { include: ["HIDDEN", "STRIPE_*"] }));
		expect(await app.fetch("by-hand")).toBe("v1");
		expect((await app.show("by-hand"))?.references).toEqual([
			{ name: "HIDDEN", file: "functions/by-hand/function.jsonc", line: 3, how: "declared" },
			{ name: "STRIPE_*", file: "functions/by-hand/function.jsonc", line: 3, how: "declared" },
		]);
		const [result] = await app.set({ STRIPE_KEY: "new" });
		expect(result).toMatchObject({
			function: "by-hand",
			reasons: [{ name: "STRIPE_KEY", how: "declared", line: 3 }],
		});
	});

	test("limits a dynamic function to the names in it", async () => {
		const app = await TestApp.open("narrowed", { A: "a", B: "b" });
		const code = `Deno.serve((r) => new Response(Deno.env.get(new URL(r.url).pathname.slice(1)) ?? "none"));`;
		await app.deployFiles(files(code, { include: ["A"], exclude: ["*"] }));
		expect([await app.fetch("by-hand", "/A"), await app.fetch("by-hand", "/B")]).toEqual(["a", "none"]);
		expect(await app.set({ B: "b2" })).toEqual([]);
		expect(await app.set({ A: "a2" })).toMatchObject([{ function: "by-hand" }]);
	});

	test("that changes restarts the function without a build", async () => {
		const app = await TestApp.open("redeclared", { HIDDEN: "v1" });
		await app.deployFiles(files(SHOW_HIDDEN("HIDDEN"), { include: ["OTHER"] }));
		const builds = vi.spyOn(platform.builder, "build");
		expect(statusesOf(await app.deployFiles(files(SHOW_HIDDEN("HIDDEN"), { include: ["HIDDEN"] })))).toEqual({
			"by-hand": "deployed",
		});
		expect(builds).toHaveBeenCalledTimes(0);
		builds.mockRestore();
		expect(await app.fetch("by-hand")).toBe("v1");
		expect(await namesOf(app, "by-hand")).toEqual(["declared HIDDEN"]);
	});
});
