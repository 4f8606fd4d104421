import { useEffect } from "preact/hooks";
import type { Answer, Resource } from "./cache.ts";
import { cache } from "./session.ts";
import { useStore } from "./use-store.ts";

const NEVER: Pick<Resource<never>, "value" | "subscribe"> = {
	value: { value: undefined, failure: undefined, isLoading: false },
	subscribe: () => () => undefined,
};

/**
 * What is known of an address. It is asked for when the component appears, and again after each interval while the page
 * is visible.
 * @param path undefined: nothing is asked for
 */
export function useResource<T>(path: string | undefined, everyMs?: number): Answer<T> {
	useEffect(() => {
		if (path === undefined) return;
		const refresh = () => {
			if (document.visibilityState === "visible") void cache.at(path).refresh();
		};
		void cache.at(path).refresh();
		const timer = everyMs === undefined ? undefined : setInterval(refresh, everyMs);
		document.addEventListener("visibilitychange", refresh);
		return () => {
			clearInterval(timer);
			document.removeEventListener("visibilitychange", refresh);
		};
	}, [path, everyMs]);
	return useStore<Answer<T>>(path === undefined ? NEVER : cache.at<T>(path));
}
