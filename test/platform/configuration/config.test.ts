import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
	type PlatformFlags,
	readPlatformConfig,
	readPlatformCredentials,
} from "../../../src/platform/configuration/config.ts";
import { advertisedUrl } from "../../../src/platform/configuration/control-address.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";

const FLAGS: PlatformFlags = {
	version: "1.0.0",
	listen: "127.0.0.1:8080",
	control: "127.0.0.1:8081",
	allowNet: [],
	hostNames: [],
	behindTlsProxy: false,
};

describe("the data directory", () => {
	test("is in the XDG data folder, or in the home folder if that is not set", () => {
		const at = (variables: Record<string, string>) => readPlatformConfig(FLAGS, variables).dataDirectory;
		expect(at({ XDG_DATA_HOME: "/var/x", HOME: "/h" })).toBe("/var/x/coffer/platform");
		expect(at({ XDG_DATA_HOME: "relative", HOME: "/h" })).toBe("/h/.local/share/coffer/platform");
		expect(at({ XDG_DATA_HOME: "", HOME: "/h" })).toBe("/h/.local/share/coffer/platform");
	});

	test("is the folder of the store, unless a flag names another", () => {
		expect(readPlatformConfig({ ...FLAGS, data: "/d" }, {}).storeUrl).toBe("sqlite:/d");
		expect(readPlatformConfig({ ...FLAGS, data: "/d", store: "sqlite:/s" }, {}).storeUrl).toBe("sqlite:/s");
	});
});

describe("the address for other nodes", () => {
	const etcd = { ...FLAGS, store: "etcd://127.0.0.1:2379" };

	test("is an origin, whose host the control API accepts", () => {
		const config = readPlatformConfig({ ...etcd, advertise: "https://node-1.example:8081" }, {});
		expect([config.advertise, config.hostNames]).toEqual(["https://node-1.example:8081", ["node-1.example"]]);
	});

	test.each([
		...[
			"node-1:8081",
			"ftp://node-1:8081",
			"https://node-1/path",
			"https://a:b@node-1",
			"https://node-1/?a",
			"",
		],
	])("%j is refused", (advertise) => {
		expect(() => readPlatformConfig({ ...etcd, advertise }, {})).toThrow(
			expect.objectContaining({ code: "ADVERTISE_INVALID", exit: 2 }),
		);
	});

	test("is refused without a store that nodes share", () => {
		expect(() => readPlatformConfig({ ...FLAGS, advertise: "https://node-1:8081" }, {})).toThrow(
			expect.objectContaining({ code: "STORE_FLAG_UNUSED", exit: 2 }),
		);
	});

	test.each([
		["http://127.0.0.1:9000", undefined],
		["http://localhost:9000", undefined],
		["http://[::1]:9000", undefined],
		["https://0.0.0.0:9000", undefined],
		["https://[::]:9000", undefined],
		["https://10.0.0.1:9000", "https://10.0.0.1:9000"],
		["https://node-1.example:9000", "https://node-1.example:9000"],
	])("defaults to the address of the control API %s where others can reach it", (control, expected) => {
		expect(advertisedUrl(undefined, control)).toBe(expected);
		expect(advertisedUrl("http://10.1.1.1:0", control)).toBe("http://10.1.1.1:9000");
	});
});

describe("addresses", () => {
	test.each([
		["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
		["localhost:80", { host: "localhost", port: 80 }],
		["[::1]:65535", { host: "::1", port: 65_535 }],
	])("%s is accepted", (listen, expected) => {
		expect(readPlatformConfig({ ...FLAGS, listen }, {}).listen).toEqual(expected);
	});

	test.each([
		"",
		"8080",
		":8080",
		"host",
		"host:",
		"host:x",
		"host:65536",
		"::1:80",
		"[::1]",
		"http://h:1",
		"a b:1",
	])("%j is refused", (listen) => {
		expect(() => readPlatformConfig({ ...FLAGS, listen }, {})).toThrow(
			expect.objectContaining({ code: "ADDRESS_INVALID", exit: 2 }),
		);
	});
});

describe("certificates of the gateway", () => {
	const flags = (gatewayTlsCert: string[], gatewayTlsKey: string[]) => ({
		...FLAGS,
		...{ gatewayTlsCert, gatewayTlsKey, gateways: 2 },
	});

	test("are pairs in the order of the flags, whose keys no build may read", () => {
		const { gatewayTls, hidden } = readPlatformConfig(flags(["/a", "/c"], ["/b", "/d"]), {});
		expect(gatewayTls).toEqual([
			{ cert: "/a", key: "/b" },
			{ cert: "/c", key: "/d" },
		]);
		expect(hidden).toEqual(expect.arrayContaining(["/b", "/d"]));
		expect(hidden).not.toContain("/a");
		expect(readPlatformConfig(FLAGS, {}).gatewayTls).toEqual([]);
	});

	test.each([
		[["/a"], []],
		[[], ["/b"]],
		[["/a", "/c"], ["/b"]],
	])("%j and %j are refused", (certs, keys) => {
		expect(() => readPlatformConfig(flags(certs, keys), {})).toThrow(
			expect.objectContaining({ code: "TLS_PAIR_INCOMPLETE", exit: 2 }),
		);
	});
});

describe("a control API without TLS", () => {
	test.each(["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "example.com:1", "localhost.example:1"])(
		"may not listen on %s",
		(control) => {
			expect(() => readPlatformConfig({ ...FLAGS, control }, {})).toThrow(
				expect.objectContaining({ code: "CONTROL_WITHOUT_TLS", exit: 2 }),
			);
			expect(readPlatformConfig({ ...FLAGS, control, behindTlsProxy: true }, {}).control.port).toBe(1);
		},
	);

	test.each(["127.0.0.1:1", "[::1]:1", "localhost:1"])("may listen on %s", (control) => {
		expect(readPlatformConfig({ ...FLAGS, control }, {}).control.port).toBe(1);
	});
});

test("builds get the environment variables that they need, and no secrets", () => {
	const variables = {
		SSL_CERT_FILE: "/ca.pem",
		NPM_CONFIG_REGISTRY: "https://npm.example",
		HTTPS_PROXY: "",
		COFFER_PLATFORM_IDENTITY: "secret",
		COFFER_STORE_PASSWORD: "secret",
		COFFER_TOKEN: "secret",
		AWS_SECRET_ACCESS_KEY: "secret",
		PATH: "/bin",
	};
	const config = readPlatformConfig(FLAGS, variables);
	expect(config.passthrough).toEqual({
		DENO_TLS_CA_STORE: "system,mozilla",
		SSL_CERT_FILE: "/ca.pem",
		NPM_CONFIG_REGISTRY: "https://npm.example",
	});
	expect(JSON.stringify(config)).not.toContain("secret");
	expect(readPlatformCredentials(variables)).toEqual({
		COFFER_PLATFORM_IDENTITY: "secret",
		COFFER_PLATFORM_IDENTITY_FILE: undefined,
		COFFER_STORE_PASSWORD: "secret",
		COFFER_STORE_PASSWORD_FILE: undefined,
		COFFER_FROM_STORE_PASSWORD: undefined,
		COFFER_FROM_STORE_PASSWORD_FILE: undefined,
	});
});

describe("the hosts of modules", () => {
	const hostsOf = (variables: Record<string, string>) => readPlatformConfig(FLAGS, variables).importHosts;

	test("are Deno's own", async () => {
		const help = execFileSync(await findDeno(), ["run", "--help=full"], { encoding: "utf8" });
		const own = /--allow-import\[[\s\S]*?Default value: (\S+)/.exec(help)?.[1];
		expect(own?.split(",").sort()).toEqual(
			hostsOf({})
				.map((host) => `${host}:443`)
				.sort(),
		);
	});

	test.each([
		["COFFER_IMPORT_HOSTS", "cdn.skypack.dev", ["cdn.skypack.dev"]],
		[
			"COFFER_IMPORT_HOSTS",
			"Unpkg.com:443, modules.example:8443 esm.sh",
			["unpkg.com", "modules.example:8443"],
		],
		["JSR_URL", "https://jsr.example/mirror/", ["jsr.example"]],
		["JSR_URL", "http://jsr.example/", ["jsr.example:80"]],
		["JSR_URL", "http://127.0.0.1:4873", ["127.0.0.1:4873"]],
	])("%s=%s adds to them", (name, value, added) => {
		expect(hostsOf({ [name]: value })).toEqual([...hostsOf({}), ...added]);
	});

	test.each(["*.example.com", "https://example.com", "example.com/x", "a@example.com", "a:b"])(
		"%s is none",
		(name) => {
			expect(() => hostsOf({ COFFER_IMPORT_HOSTS: `esm.sh,${name}` })).toThrow(
				expect.objectContaining({ code: "IMPORT_HOSTS_INVALID", exit: 2 }),
			);
		},
	);
});
