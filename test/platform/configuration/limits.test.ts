import { describe, expect, test } from "vitest";
import { readPlatformConfig } from "../../../src/platform/configuration/config.ts";
import {
	defaultProcessesMax,
	functionDefaults,
	LIMIT_ROWS,
	limitsOf,
} from "../../../src/platform/configuration/limits.ts";

const MIB = 1024 * 1024;

test("a limit without a flag has its default value", () => {
	const limits = limitsOf();
	expect(limits).toMatchObject({ memoryMB: 2048, timeoutSeconds: 900, maxBodyMB: 1024, spares: 2 });
	expect(limits.processesMax).toBeGreaterThanOrEqual(8);
	const flags = { listen: "127.0.0.1:0", control: "127.0.0.1:0", allowNet: [], hostNames: [] };
	const config = readPlatformConfig({ ...flags, version: "1.0.0", behindTlsProxy: false }, {});
	expect(config.limits).toEqual(limits);
});

test("each flag sets only its own limit, also to 0", () => {
	const flags = ["max-memory", "max-timeout", "max-body", "max-processes", "max-kv", "spare-processes"];
	expect(LIMIT_ROWS.map(({ flag }) => flag)).toEqual(flags);
	for (const [index, flag] of flags.entries()) {
		const expected = Object.values(limitsOf());
		expected[index] = 0;
		expect(Object.values(limitsOf({ [flag]: 0, data: "/d" }))).toEqual(expected);
	}
});

describe("a function whose settings name no limit", () => {
	test("has the defaults of functions, which are below the limits", () => {
		expect(functionDefaults(limitsOf())).toEqual({ memoryMB: 1024, timeoutSeconds: 150, maxBodyMB: 100 });
	});

	test("has the platform's limit if that is lower", () => {
		const lower = { memoryMB: 64, timeoutSeconds: 5, maxBodyMB: 1 };
		expect(functionDefaults(lower)).toEqual(lower);
	});
});

test("the default is one running function for each 128 MiB, and at least 8", () => {
	expect(defaultProcessesMax(16 * 1024 * MIB)).toBe(128);
	expect(defaultProcessesMax(256 * MIB)).toBe(8);
});
