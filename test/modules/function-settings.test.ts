import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFunctionFile } from "../../src/modules/function-settings.ts";

const PATH = "functions/api/pay/function.jsonc";
const parse = (text: string) => parseFunctionFile(PATH, new TextEncoder().encode(text), "api/pay");

test("accepts all keys, in any order and with comments", () => {
	const text = `\uFEFF// how it runs
	{ "idleSeconds": "never", /* a lot */ "memoryMB": 256, "timeoutSeconds": 5, "maxBodyMB": 2, "name": "api/pay",
	  "entry": "../../../lib/pay.ts", "network": ["api.stripe.com", "db.example:5432", "203.0.113.7", "[2606:4700::1]:443"], }`;
	const { settings, entry, lines } = parse(text);
	expect(JSON.stringify(settings)).toBe(
		'{"network":["api.stripe.com","db.example:5432","203.0.113.7","[2606:4700::1]:443"],"memoryMB":256,"timeoutSeconds":5,"idleSeconds":"never","maxBodyMB":2}',
	);
	expect(entry).toBe("lib/pay.ts");
	expect(lines.get("network")).toBe(3);
	expect(parse("{}").settings).toEqual({});
	const declared = parse('{"secrets": {"exclude": ["STRIPE_TEST_*", "*"], "include": ["B", "A"]}}');
	expect(declared.settings).toEqual({ secrets: { include: ["A", "B"], exclude: ["*", "STRIPE_TEST_*"] } });
	expect(parse('{"secrets": {}}').settings).toEqual({});
	expect(parse('{"network": "none"}').settings).toEqual({ network: [] });
});

test("automations are not a part of the settings, so that changing them restarts nothing", () => {
	const nightly = {
		name: "nightly",
		type: "scheduled",
		schedule_mode: "recurring",
		schedule_type: "cron",
		cron_expression: "@daily",
		color: "blue",
	};
	const file = parse(`{"memoryMB": 256, "automations": [${JSON.stringify(nightly)},]}`);
	expect(file.automations).toEqual([nightly]);
	expect(file.settings).toEqual({ memoryMB: 256 });
	expect(parse("{}").automations).toEqual([]);
});

test("the file of a Base44 project may have automations and keys that only Base44 knows", () => {
	const path = "base44/functions/later/function.jsonc";
	const read = (text: string) => parseFunctionFile(path, new TextEncoder().encode(text), "later");
	const nightly = {
		name: "nightly",
		type: "scheduled",
		schedule_mode: "one-time",
		one_time_date: "2027-03-01",
	};
	expect(read(JSON.stringify({ runtime: "edge", automations: [nightly] })).automations).toEqual([nightly]);
	expect(() => read('{\n"automations": [{"name": "a", "type": "never"}]}')).toThrow(`${path}:2: `);
});

test("the error for a key of another platform says which key to use instead", () => {
	const hint = expect.stringContaining('"automations"');
	expect(() => parse('{"cron": "@daily"}')).toThrow(expect.objectContaining({ hint }));
});

describe("refused, with the line", () => {
	test.each([
		["", 1, "not valid JSONC"],
		["[]", 1, "not valid JSONC"],
		['{\n"secrets": ["A"]}', 2, '"secrets" must be'],
		['{\n"secrets": {"only": ["A"]}}', 2, '"secrets" must be'],
		['{\n"secrets": {"include": "A"}}', 2, '"secrets" must be'],
		['{\n"secrets": {"include": [1]}}', 2, '"secrets" must be'],
		['{\n"secrets": {"include": ["A-B"]}}', 2, "letters, digits and underscores"],
		['{\n"secrets": {"include": ["*"]}}', 2, "letters, digits and underscores"],
		['{\n"secrets": {"exclude": ["A*B"]}}', 2, "letters, digits and underscores"],
		['{\n"secrets": {"include": ["A"], "exclude": ["A"]}}', 2, '"A" is listed twice'],
		[`{"secrets": {"include": [${'"A",'.repeat(1001)}]}}`, 1, "more than 1000"],
		['{\n"memoryMB": 256\n"entry": "a.ts"}', 3, "not valid JSONC"],
		['{\n\n"memoryMB": f()}', 3, "not valid JSONC"],
		["{\n...{}}", 2, "not valid JSONC"],
		["{}\n)(", 1, "not valid JSONC"],
		['{"a":'.repeat(300), 1, "not valid JSONC"],
		['{\n"memory": 256}', 2, '"memory" is not a key of this file; the nearest key is "memoryMB"'],
		['{\n"Timeout\\u001b[2J": 2}', 2, "nearest key is"],
		['{\n"__proto__": 2}', 2, '"__proto__" is not a key of this file'],
		['{"memoryMB": 256,\n"memoryMB": 128}', 2, "twice"],
		['{\n"automations": {}}', 2, '"automations" must be a list'],
		['{\n"automations": [{"name": "nightly"}]}', 2, 'automation "nightly": "type" must be'],
		['{\n"cron": "@daily"}', 2, '"cron" is not a key of this file'],
		['{\n"schedule": "@daily"}', 2, '"schedule" is not a key of this file'],
		['{\n"name": "pay"}', 2, '"name" must be "api/pay"'],
		['{\n"memoryMB": 64}', 2, "whole number from 128"],
		['{\n"memoryMB": 256.5}', 2, "whole number"],
		['{\n"memoryMB": 1e999}', 2, "whole number"],
		['{\n"memoryMB": "never"}', 2, "whole number"],
		['{\n"idleSeconds": 0}', 2, 'or "never"'],
		['{\n"entry": "/etc/a.ts"}', 2, '"entry" must be'],
		['{\n"entry": "../../../../a.ts"}', 2, '"entry" must be'],
		['{\n"entry": "file:///a.ts"}', 2, '"entry" must be'],
		['{\n"entry": "a.py"}', 2, '"entry" must be'],
		['{\n"network": "all"}', 2, '"network" must be'],
		['{\n"network": [5]}', 2, '"network" must be'],
		['{\n"network": ["a,b"]}', 2, "is not a host"],
		['{\n"network": ["https://a.example"]}', 2, "is not a host"],
		['{\n"network": ["*.example"]}', 2, "is not a host"],
		['{\n"network": ["a.example:0"]}', 2, "is not a host"],
		['{\n"network": ["a.example:65536"]}', 2, "is not a host"],
		['{\n"network": ["10.0.0.0/8"]}', 2, "is not a host"],
		['{\n"network": ["1.2.3.256"]}', 2, "is not a host"],
		['{\n"network": ["1.2.3.4.5"]}', 2, "is not a host"],
		['{\n"network": ["[::1%lo]"]}', 2, "is not a host"],
		['{\n"network": ["127.1"]}', 2, "is not a host"],
		['{\n"network": ["0x7f000001"]}', 2, "is not a host"],
		['{\n"network": [""]}', 2, "is not a host"],
		[`{"network": [${'"a.example",'.repeat(101)}]}`, 1, "more than 100"],
		[" ".repeat(70_000), 1, "larger than 64 KiB"],
	])("%j", (text, line, why) => {
		expect(() => parse(text)).toThrow(
			expect.objectContaining({ code: "FUNCTION_SETTINGS_INVALID", exit: 2 }),
		);
		expect(() => parse(text)).toThrow(why);
		expect(() => parse(text)).toThrow(`${PATH}:${line}: `);
		expect(() => parse(text)).not.toThrow("\u001b");
	});

	test("for any bytes, returns settings or throws an error with the file and line", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
				try {
					parseFunctionFile(PATH, bytes, "api/pay");
				} catch (error) {
					expect(error).toMatchObject({ code: "FUNCTION_SETTINGS_INVALID" });
				}
			}),
		);
	});
});
