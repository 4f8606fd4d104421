import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/bytes.ts";
import { MESSAGE_LIMITS } from "../../../src/protocol/messages.ts";
import { ROUTES, type Route } from "../../../src/protocol/routes.ts";
import { api, expectProblem, ORIGIN, platform, send, useApi } from "./api-fixture.ts";
import { good } from "./expected-routes.ts";

useApi();

const JSON_ROUTES: readonly [keyof typeof ROUTES, Route][] = [
	["createApp", ROUTES.createApp],
	["appendChange", ROUTES.appendChange],
	["deploy", ROUTES.deploy],
];
const WITH_BODY: readonly [keyof typeof ROUTES, Route][] = [...JSON_ROUTES, ["putBlob", ROUTES.putBlob]];

describe("a body", () => {
	test.each(WITH_BODY)("of another type is refused by %s", async (name, route) => {
		const { path, body } = await good(name);
		const response = await send(route, path, platform.token, body, "text/plain");
		await expectProblem(response, 415, "MEDIA_TYPE_UNSUPPORTED");
	});

	test.each(JSON_ROUTES)("that is not JSON is refused by %s", async (name, route) => {
		const { path } = await good(name);
		for (const body of ["", "{", '{"a":1}}', "\ufeff{}", utf8('"\\').slice(0, 2)]) {
			await expectProblem(
				await send(route, path, platform.token, body, "application/json"),
				400,
				"JSON_INVALID",
			);
		}
		const latin1 = new Uint8Array([0x22, 0xe9, 0x22]);
		await expectProblem(
			await send(route, path, platform.token, latin1, "application/json"),
			400,
			"JSON_INVALID",
		);
	});

	test.each(JSON_ROUTES)(
		"that is nested as deeply as its size allows is refused by %s",
		async (name, route) => {
			const { path } = await good(name);
			const body = '{"a":['.repeat(name === "createApp" ? 10_000 : 1_000_000);
			await expectProblem(
				await send(route, path, platform.token, body, "application/json"),
				400,
				"JSON_INVALID",
			);
		},
	);

	test.each(JSON_ROUTES)(
		"of another shape is refused by %s, and the error does not repeat it",
		async (name, route) => {
			const { path, body } = await good(name);
			for (const wrong of [null, [], "canary-value", { ...(body as object), extra: "canary-value" }, {}]) {
				const response = await send(route, path, platform.token, wrong ?? "null", "application/json");
				expect(await response.clone().text()).not.toContain("canary-value");
				await expectProblem(response, 400, wrong === "canary-value" ? "JSON_INVALID" : "MESSAGE_INVALID");
			}
		},
	);

	test.each(WITH_BODY)("that is too large is cut off while %s reads it", async (name, route) => {
		const { path } = await good(name);
		let sent = 0;
		const chunk = new Uint8Array(1024 * 1024);
		const body = new ReadableStream<Uint8Array>({
			pull(controller) {
				sent += chunk.length;
				controller.enqueue(chunk);
			},
		});
		const type = name === "putBlob" ? "application/octet-stream" : "application/json";
		const headers = { authorization: `Bearer ${platform.token}`, "content-type": type };
		const init = { method: route.method, headers, body, duplex: "half" } as RequestInit;
		await expectProblem(await api(new Request(ORIGIN + path, init)), 413, "BODY_TOO_LARGE");
		expect(sent).toBeLessThan(MESSAGE_LIMITS.blobBytes + 4 * chunk.length);
	});
});
