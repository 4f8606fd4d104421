import { useEffect, useState } from "preact/hooks";
import type { Watched } from "./store.ts";

/** The present value of a store. The component is drawn again when it changes. */
export function useStore<T>(store: Watched<T>): T {
	const { value } = store;
	const [, redraw] = useState<object>({});
	useEffect(() => {
		if (!Object.is(store.value, value)) redraw({});
		return store.subscribe(() => redraw({}));
	}, [store]);
	return value;
}
