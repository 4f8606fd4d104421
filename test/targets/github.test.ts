/** What is particular to GitHub Actions: the public key, pages, missing secrets, and the ids of places. */
import { describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { GitHub } from "../../src/targets/github/client.ts";
import { GITHUB, githubPlace } from "../../src/targets/github/kind.ts";
import { GITHUB_ORIGIN } from "../../src/targets/github/place.ts";
import { GitHubServer } from "../support/services/target-servers/github.ts";
import { json } from "../support/services/target-servers/server.ts";

await cryptoReady;

async function setUp(app?: string) {
	const server = await new GitHubServer(app).start();
	const id = { kind: "github", origin: server.origin, app: server.app };
	const target = new GitHub({ id, credential: server.token });
	return { server, target, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const paths = (server: GitHubServer) =>
	server.seen.map(({ method, path }) => `${method} ${path.split("/").at(-1)}`);

describe("the public key", () => {
	test("is read once for many secrets", async () => {
		await using made = await setUp();
		const { server, target } = made;
		for (const name of ["A", "B", "C"]) await target.set(new Map([[name, "v"]]));
		expect(paths(server)).toEqual(["GET public-key", "PUT A", "PUT B", "PUT C"]);
	});

	test("is read again if it changed since, and the secret is sent again", async () => {
		await using made = await setUp();
		const { server, target } = made;
		await target.set(new Map([["A", "one"]]));
		server.generation++;
		await target.set(new Map([["B", "two"]]));
		expect([...server.secrets]).toEqual([
			["A", "one"],
			["B", "two"],
		]);
		await target.set(new Map([["B", "three"]]));
		expect(paths(server).slice(2)).toEqual(["PUT B", "GET public-key", "PUT B", "PUT B"]);
	});

	test("is not the cause if it is the same: the secret itself is refused, once", async () => {
		await using made = await setUp();
		const { server, target } = made;
		server.fault = ({ method }, _, response) => {
			if (method === "PUT") json(response, { status: 422, value: { message: "Too big" } });
			return method === "PUT";
		};
		await expect(target.set(new Map([["A", "v"]]))).rejects.toMatchObject({
			code: "GITHUB_REFUSED",
			message: expect.stringMatching(/Too big$/),
		});
		expect(paths(server)).toEqual(["GET public-key", "PUT A", "GET public-key"]);
	});

	test.each([
		["too short", "AAAA"],
		["not base64", "%".repeat(44)],
		["a point for which anybody knows the shared secret", Buffer.alloc(32).toString("base64")],
		["missing", undefined],
	])("encrypts nothing if it is %s", async (_, key) => {
		await using made = await setUp();
		const { server, target } = made;
		server.fault = (_, __, response) => {
			json(response, { status: 200, value: { key_id: "k", key } });
			return true;
		};
		await expect(target.set(new Map([["A", "v"]]))).rejects.toMatchObject({ code: "GITHUB_ANSWER_INVALID" });
		expect(paths(server)).toEqual(["GET public-key"]);
	});
});

test("all pages are listed, from the same server, whatever its links say", async () => {
	await using made = await setUp();
	const { server, target } = made;
	for (let at = 0; at < 250; at++) server.secrets.set(`N${String(at).padStart(3, "0")}`, "v");
	expect(await target.list()).toEqual([...server.secrets.keys()]);
	expect(server.seen.map(({ query }) => query["page"])).toEqual([undefined, "2", "3"]);
});

test("a list that never ends is given up", async () => {
	await using made = await setUp();
	const { server, target } = made;
	server.fault = (_, __, response) => {
		json(response, { status: 200, value: { total_count: 1e9, secrets: [{ name: "A" }] } });
		return true;
	};
	await expect(target.list()).rejects.toMatchObject({ code: "GITHUB_ANSWER_INVALID" });
	expect(server.seen.length).toBeLessThan(50);
});

test("a secret counts as deleted only if the repository is there and lacks it", async () => {
	await using made = await setUp();
	const { server, target } = made;
	await target.delete(["NEVER_SET"]);
	server.secrets.set("A", "v");
	server.fault = ({ method }, _, response) => {
		if (method === "DELETE") json(response, { status: 404, value: { message: "Not Found" } });
		return method === "DELETE";
	};
	await expect(target.delete(["A"])).rejects.toMatchObject({ code: "GITHUB_REPOSITORY_NOT_FOUND" });
	server.fault = (_, __, response) => {
		json(response, { status: 404, value: { message: "Not Found" } });
		return true;
	};
	await expect(target.delete(["B"])).rejects.toMatchObject({ code: "GITHUB_REPOSITORY_NOT_FOUND" });
});

test("an environment has secrets and a key of its own", async () => {
	await using made = await setUp(githubPlace("acme/shop", "Prod (EU)"));
	const { server, target } = made;
	await target.set(new Map([["A", "v"]]));
	expect(await target.list()).toEqual(["A"]);
	await target.delete(["A"]);
	expect(new Set(server.seen.map(({ path }) => path.split("/secrets")[0]))).toEqual(
		new Set(["/api/v3/repos/acme/shop/environments/Prod%20(EU)"]),
	);
});

test("a repository that was renamed is named in the hint, as GitHub redirects its requests", async () => {
	await using made = await setUp();
	const { server, target } = made;
	server.fault = (_, __, response) => {
		json(response, { status: 301, headers: { location: "https://api.github.com/repositories/1" } });
		return true;
	};
	await expect(target.list()).rejects.toMatchObject({
		code: "GITHUB_REDIRECTED",
		hint: expect.stringContaining("another name or owner"),
	});
});

describe("places", () => {
	test.each([
		["acme/shop", undefined, "acme/shop"],
		["acme/.github", undefined, "acme/.github"],
		["acme_corp/a.b-c", "production", "acme_corp/a.b-c:production"],
		["acme/shop", "a/b: c%", "acme/shop:a%2Fb%3A%20c%25"],
	])("%s %s", (repository, environment, app) => {
		expect(githubPlace(repository, environment)).toBe(app);
		expect(GITHUB.identify(GITHUB_ORIGIN, app)).toEqual({ kind: "github", origin: GITHUB_ORIGIN, app });
		expect(GITHUB.appId.test(app)).toBe(true);
	});

	test.each([
		"shop",
		"acme/",
		"/shop",
		"acme/shop/x",
		"../shop",
		"acme/..",
		"acme/.",
		"acme/..:production",
		"acme/a b",
		"acme/shop:",
		"acme/shop:..",
		"acme/shop:%2e%2e",
		"acme/shop:.",
		"acme/shop:a/b",
		"acme/shop:%zz",
		"acme/shop:a'b",
		"acme/shop:%20",
		"acme/shop:a%0Ab",
		`acme/shop:${"a".repeat(256)}`,
		"acme/shop:a:b",
		"acme/sh?p",
		"acme/shop#x",
	])("%s is refused", (app) => {
		expect(() => GITHUB.identify(GITHUB_ORIGIN, app)).toThrow(
			expect.objectContaining({ code: "REPOSITORY_INVALID", exit: 2 }),
		);
	});

	test.each([
		["https://api.github.com", "https://api.github.com/repos/acme/shop/actions/secrets"],
		["https://api.acme.ghe.com", "https://api.acme.ghe.com/repos/acme/shop/actions/secrets"],
		["https://git.example.com", "https://git.example.com/api/v3/repos/acme/shop/actions/secrets"],
	])("%s", (origin, url) => {
		const work = { list: true, set: [], deleted: [] };
		expect(GITHUB.calls({ kind: "github", origin, app: "acme/shop" }, work)).toEqual([
			{ method: "GET", url, names: [] },
		]);
	});

	test("the command that links one can be pasted", () => {
		const command = (app: string, origin = GITHUB_ORIGIN) =>
			GITHUB.linkCommand({ kind: "github", origin, app });
		expect(command("acme/shop")).toBe("coffer link github --repo acme/shop");
		expect(command(githubPlace("acme/shop", "Prod (EU)"), "https://git.example.com")).toBe(
			"coffer link github --repo acme/shop --github-environment 'Prod (EU)' --url https://git.example.com",
		);
	});
});
