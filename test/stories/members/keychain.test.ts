/** Identity and tokens in the system's keychain: a real keychain, and each kind of missing one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { type SecretService, withSecretService } from "../../support/services/secret-service.ts";
import { follow } from "../support/hints.ts";
import { type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { APP, newProject, Project } from "../support/project.ts";

/**
 * libsecret gives up by itself after this time. Coffer gives up after 5 s, and a command takes seconds to
 * start on a busy machine.
 */
const LIBRARY_MS = 25_000;

describe("a keychain that works", () => {
	let service: SecretService;
	let platform: PlatformAccess;
	let project: Project;
	beforeAll(async () => {
		[service, platform] = await Promise.all([withSecretService(), sharedPlatform()]);
		project = new Project({ identity: "none", env: service.env });
	});
	afterAll(async () => {
		await project?.[Symbol.asyncDispose]();
		await platform?.[Symbol.asyncDispose]();
		await service?.close();
	});

	test("init stores the identity in it, and every later command finds it there", async () => {
		expect(await project.data(["init"])).toMatchObject({ identity: "created", environment: "production" });
		await project.ok(["secrets", "set", "A=1"]);
		expect(await project.reveal("A")).toBe("1");
		await using second = new Project({ identity: "none", env: service.env });
		expect(await second.data(["init"])).toMatchObject({ identity: "keychain" });
		const found = filesBelow(project.machine).filter(({ bytes }) => bytes.includes("coffer-identity-"));
		expect(found.map(({ path }) => path)).toEqual([]);
	});

	test("link stores the token in it, for this platform only", async () => {
		await project.ok(["link", platform.control, "--app", APP, "--token", platform.token]);
		expect(await project.data(["secrets", "set", "A=2"])).toMatchObject({ pending: 0, revision: 2 });
		expect(await project.data(["status"])).toMatchObject({ reachable: true, pending: [] });
		const secret = platform.token.split(".")[1] ?? "";
		const found = filesBelow(project.machine).filter(({ bytes }) => bytes.includes(secret));
		expect(found.map(({ path }) => path)).toEqual([]);
	});

	test("a second project of the same platform is linked with the stored token, without a question", async () => {
		await using second = await newProject({ env: service.env });
		const linked = await second.ok(["link", platform.control, "--app", "second"]);
		expect(linked.stderr).toContain(`Using the access token in the keychain for ${platform.control}`);
		expect(await second.data(["secrets", "set", "A=1"])).toMatchObject({ pending: 0 });
	});

	test("a token in COFFER_TOKEN is not stored", async () => {
		await using other = await newProject({ env: { ...service.env, COFFER_TOKEN: platform.token } });
		await other.ok(["link", platform.control.replace("127.0.0.1", "localhost"), "--app", "other"]);
		other.variables["COFFER_TOKEN"] = undefined;
		const result = await other.coffer(["sync", "--json"]);
		expect(result.error()).toMatchObject({ code: "TOKEN_MISSING", exit: 6 });
	});

	test("a command exits with 3 if the keychain has no identity, and names the command that creates one", async () => {
		const empty = await withSecretService();
		const result = await project.coffer(["secrets", "list", "--json"], { env: empty.env });
		await empty.close();
		expect(result.error()).toMatchObject({ code: "IDENTITY_MISSING", exit: 3 });
	});
});

describe("a keychain that does not work causes exit status 3 within the time limit, and no weaker storage is used", () => {
	async function expectRefused(env: Readonly<Record<string, string>>, code: RegExp): Promise<void> {
		await using project = new Project({ identity: "none", env });
		const before = performance.now();
		const results = await Promise.all([project.coffer(["init", "--json"]), project.coffer(["init"])]);
		const ms = performance.now() - before;
		for (const { status, signal, stdout } of results) expect([status, signal, stdout]).toEqual([3, null, ""]);
		expect(results[0]?.error()).toMatchObject({ code: expect.stringMatching(code), exit: 3 });
		expect(ms).toBeLessThan(LIBRARY_MS);
		expect(filesBelow(project.machine).map(({ path }) => path)).toEqual([]);
	}

	test("without a session bus", () => expectRefused({}, /^KEYCHAIN_UNAVAILABLE$/));

	test.each([
		{ service: "none", code: /^KEYCHAIN_UNAVAILABLE$/ },
		{ service: "locked", code: /^KEYCHAIN_/ },
		{ service: "denied", code: /^KEYCHAIN_/ },
	] as const)("with a secret service that is $service", async ({ service, code }) => {
		const keyring = await withSecretService({ service });
		try {
			await expectRefused(keyring.env, code);
		} finally {
			await keyring.close();
		}
	});

	test("with a secret service that never answers", async () => {
		const keyring = await withSecretService();
		try {
			await keyring.pause();
			await expectRefused(keyring.env, /^KEYCHAIN_/);
		} finally {
			await keyring.resume();
			await keyring.close();
		}
	});
});

test("a device that is new to a project is told first what it needs first: an identity, then a membership, then a link", async () => {
	const own = await withSecretService();
	try {
		await using project = await newProject({ env: own.env });
		const ana = { COFFER_IDENTITY: project.identity };
		project.variables["COFFER_IDENTITY"] = undefined;
		const without = (await project.kept(["status", "--json"])).error();
		expect(without).toMatchObject({
			code: "IDENTITY_MISSING",
			hint: expect.stringMatching(/^To join this project: coffer identity new\./),
		});
		await follow(project, without.hint);

		const outside = (await project.kept(["sync", "--json"])).error();
		expect(outside.code).toBe("NOT_LINKED");
		expect(outside.hint).toMatch(
			/^First: This device's identity is not a member .*'coffer identity show'.*\nThen start a platform /,
		);
		const { publicKey } = await project.data(["identity", "show"]);
		await project.ok(["members", "add", publicKey, "--name", "ben"], { env: ana });
		const member = (await project.kept(["sync", "--json"])).error();
		expect(member.hint).toMatch(/^To link it, start a platform /);
		await project.ok(["status"]);
	} finally {
		await own.close();
	}
});
