/** The whole console: the session, the header, and the page that the address names. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConsoleSession } from "../../protocol/console.ts";
import type { AppList } from "../../protocol/messages.ts";
import { type AppLive, followApp } from "../data/live.ts";
import { PATHS } from "../data/paths.ts";
import { openSession, session } from "../data/session.ts";
import { useResource } from "../data/use-resource.ts";
import { useStore } from "../data/use-store.ts";
import { Command } from "../text/name.tsx";
import type { Address } from "./address.ts";
import { Gate } from "./gate.tsx";
import { Header } from "./header.tsx";
import { address as addressStore } from "./navigation.tsx";
import { Empty, Loaded, Page } from "./page.tsx";

/** What the pages of an app get. */
export interface AppPageProps {
	readonly app: string;
	readonly name: string | undefined;
	readonly session: ConsoleSession;
	readonly live: AppLive;
}

/** Draws the pages. The shell knows none of them. */
export interface Pages {
	readonly app: (address: Extract<Address, { app: string }>, props: AppPageProps) => preact.ComponentChildren;
	readonly platform: (session: ConsoleSession) => preact.ComponentChildren;
}

/** The streams of the shown app. They end with the app. */
function useLive(app: string | undefined): { app: string; live: AppLive } | undefined {
	const [live, setLive] = useState<{ app: string; live: AppLive } | undefined>();
	useEffect(() => {
		if (app === undefined) return;
		const ending = new AbortController();
		setLive({ app, live: followApp(app, ending.signal) });
		return () => {
			ending.abort();
			setLive(undefined);
		};
	}, [app]);
	return live?.app === app ? live : undefined;
}

const NoApps = () => (
	<Page title="No apps yet">
		<Empty title="This platform has no app that this session can show.">
			<p>
				Run <Command line="coffer link URL --app APP" /> in your project, then{" "}
				<Command line="coffer functions deploy" />.
			</p>
		</Empty>
	</Page>
);

function Open({ session: opened, pages }: { readonly session: ConsoleSession; readonly pages: Pages }) {
	const address = useStore(addressStore);
	// A token for one app may not list the others.
	const list = useResource<AppList>(opened.app === null ? PATHS.apps : undefined, 30_000);
	const apps = (list.value?.apps ?? []).map((each) => each.app).sort();
	const first = opened.app ?? apps[0];
	const last = useRef<string | undefined>(undefined);
	const app = "app" in address ? address.app : (last.current ?? first);
	last.current = app;
	const live = useLive(app);
	const shown: Address = address.page === "start" && app !== undefined ? { page: "map", app } : address;
	return (
		<>
			<button type="button" class="skip" onClick={focusContent}>
				Skip to the content
			</button>
			<Header session={opened} apps={apps} address={shown} app={app} connection={live?.live.connection} />
			<main id="content" tabIndex={-1}>
				{shown.page === "platform" && pages.platform(opened)}
				{"app" in shown &&
					live !== undefined &&
					pages.app(shown, { app: shown.app, name: shown.name, session: opened, live: live.live })}
				{shown.page === "start" && (
					<Loaded answer={list} what="the apps">
						{() => <NoApps />}
					</Loaded>
				)}
			</main>
		</>
	);
}

/** A link cannot do it: the part of the address behind `#` names the page. */
function focusContent(): void {
	document.getElementById("content")?.focus();
}

export function Console({ pages }: { readonly pages: Pages }) {
	const state = useStore(session);
	useEffect(() => {
		void openSession();
		// A new code in the address of an open page.
		const onHash = () => location.hash.startsWith("#code=") && void openSession();
		addEventListener("hashchange", onHash);
		return () => removeEventListener("hashchange", onHash);
	}, []);
	return state.state === "open" ? <Open session={state.session} pages={pages} /> : <Gate state={state} />;
}
