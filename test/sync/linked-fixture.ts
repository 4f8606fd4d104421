import { createApi } from "../../src/platform/api/api.ts";
import { ControlListener } from "../../src/platform/api/control-listener.ts";
import { httpUrl } from "../../src/platform/http/bind-address.ts";
import { bindingOf, platformOf, readConfig } from "../../src/project/files/config.ts";
import type { SessionContext } from "../../src/project/session/session.ts";
import type { LinkTarget } from "../../src/sync/client/link-target.ts";
import { connectToPlatform, linkEnvironment } from "../../src/sync/link/link.ts";
import { openTestCore, type TestCore } from "../platform/fixtures/core.ts";

export interface TestPlatform extends AsyncDisposable {
	readonly core: TestCore;
	readonly url: string;
}

/** A platform that listens, for the real client. */
export async function openTestPlatform(): Promise<TestPlatform> {
	const core = await openTestCore();
	const hosts = { bound: "127.0.0.1", names: [] };
	const listener = new ControlListener(
		createApi({ core: core.core, hosts, listenUrl: "http://127.0.0.1:8080" }),
	);
	const url = httpUrl(await listener.listen({ host: "127.0.0.1", port: 0 }));
	return {
		core,
		url,
		[Symbol.asyncDispose]: async () => {
			await listener.close(1000);
			await core[Symbol.asyncDispose]();
		},
	};
}

/** Links a project's environment, as `coffer link` does. */
export async function linkProject(
	{ core, url }: TestPlatform,
	context: SessionContext,
	app: string,
): Promise<LinkTarget> {
	const { remote, info } = await connectToPlatform(url, core.token);
	await linkEnvironment(context, { app, remote, info }, {});
	const binding = platformOf(bindingOf(await readConfig(context.root), context.environment));
	if (!binding) throw new Error("no binding was written");
	return { binding, remote };
}
