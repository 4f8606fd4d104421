import { describe, expect, test } from "vitest";
import {
	inheritedEnvironment,
	isTaskOfRunner,
	readCredentials,
	readEnvironment,
	readProxy,
	withholder,
} from "../../../src/cli/shell/process-environment.ts";

describe("the configuration", () => {
	test("has its defaults in an empty environment", () => {
		expect(readEnvironment({ HOME: "/home/alice" })).toMatchObject({
			identityFile: undefined,
			denoPath: undefined,
			stateDirectory: "/home/alice/.local/state/coffer",
			debug: false,
			noColour: false,
			ci: false,
		});
	});

	test("has all values of a full environment", () => {
		const variables = {
			XDG_STATE_HOME: "/state",
			COFFER_IDENTITY_FILE: "/keys/id",
			COFFER_DENO: "/opt/deno",
			COFFER_DEBUG: "1",
			NO_COLOR: "1",
			CI: "true",
		};
		expect(readEnvironment(variables)).toMatchObject({
			identityFile: "/keys/id",
			denoPath: "/opt/deno",
			stateDirectory: "/state/coffer",
			debug: true,
			noColour: true,
			ci: true,
		});
	});

	test("a relative XDG_STATE_HOME is ignored, as its specification says", () => {
		const { stateDirectory } = readEnvironment({ HOME: "/home/alice", XDG_STATE_HOME: "state" });
		expect(stateDirectory).toBe("/home/alice/.local/state/coffer");
	});

	test("empty variables count as not set", () => {
		const variables = {
			COFFER_IDENTITY: "",
			COFFER_TOKEN: "",
			COFFER_IDENTITY_FILE: "",
			NO_COLOR: "",
			CI: "",
		};
		expect(readEnvironment(variables)).toMatchObject({ identityFile: undefined, noColour: false, ci: false });
		expect(readCredentials(variables)).toEqual({ identity: undefined, token: undefined });
	});

	test("is frozen, and holds no credential", () => {
		const environment = readEnvironment({ COFFER_IDENTITY: "seed-canary", COFFER_TOKEN: "token-canary" });
		expect(Object.isFrozen(environment)).toBe(true);
		expect(JSON.stringify(environment)).not.toMatch(/canary/);
	});
});

test("a child process inherits everything but Coffer's credentials", () => {
	const variables = {
		PATH: "/bin",
		COFFER_IDENTITY: "a",
		COFFER_TOKEN: "b",
		COFFER_PLATFORM_IDENTITY: "c",
		COFFER_DEBUG: "1",
	};
	const passed = { PATH: "/bin", COFFER_DEBUG: "1" };
	expect(inheritedEnvironment(variables)).toEqual({ ...passed, COFFER_IDENTITY_WITHHELD: "1" });
	expect(inheritedEnvironment({ ...variables, COFFER_IDENTITY: "" })).toEqual(passed);
});

test("what keeps the identity from a command is named only if it got none", () => {
	const inner = inheritedEnvironment({ COFFER_IDENTITY: "coffer-identity-1.", TURBO_HASH: "0f" });
	expect(withholder(inner)).toBe("coffer");
	expect(withholder({ ...inner, COFFER_IDENTITY_FILE: "/id" })).toBeUndefined();
	expect(withholder({})).toBeUndefined();
	expect(withholder({ TURBO_HASH: "0f" })).toBe("turbo");
	const runners = [{ TURBO_HASH: "0f" }, { NX_TASK_HASH: "1" }, { TURBO_HASH: "" }, {}];
	expect(runners.map((variables) => isTaskOfRunner(variables))).toEqual([true, true, false, false]);
	expect(withholder({ TURBO_HASH: "0f", COFFER_IDENTITY_FILE: "/id" })).toBeUndefined();
	expect(withholder({ TURBO_HASH: "0f", COFFER_IDENTITY: "coffer-identity-1." })).toBeUndefined();
});

describe("the proxy", () => {
	test.each([
		[{}, undefined],
		[{ HTTPS_PROXY: "", http_proxy: "a:1", NO_PROXY: "x" }, undefined],
		[{ HTTPS_PROXY: "a:1" }, { address: "a:1", variable: "HTTPS_PROXY", exceptions: "" }],
		[
			{ HTTPS_PROXY: "a:1", https_proxy: "b:2", ALL_PROXY: "c:3", NO_PROXY: "x", no_proxy: "y" },
			{ address: "b:2", variable: "https_proxy", exceptions: "y" },
		],
		[
			{ ALL_PROXY: "c:3", NO_PROXY: "x" },
			{ address: "c:3", variable: "ALL_PROXY", exceptions: "x" },
		],
	])("of %j", (variables, proxy) => {
		expect(readProxy(variables)).toEqual(proxy);
	});
});
