/** The script of the web console. */
import { render } from "preact";
import { MapPage } from "./map/map-page.tsx";
import { Console, type Pages } from "./shell/console.tsx";

const PAGES: Pages = {
	app: ({ page }, props) => {
		switch (page) {
			case "map":
			case "matrix":
				return <MapPage {...props} view={page} />;
			default:
				return null;
		}
	},
	platform: () => null,
};

const root = document.getElementById("console");
if (root !== null) render(<Console pages={PAGES} />, root);
