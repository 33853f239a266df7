"""Helpers to inspect the pages."""

from pathlib import Path

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", **PHONE},
    "dark phone": {"color_scheme": "dark", **PHONE},
}

LOUDEST = """import('/studio/main.js').then(async ({player}) => {
        const analyser = player.context.createAnalyser();
        player.output.connect(analyser);
        const samples = new Float32Array(analyser.fftSize);
        let loudest = 0;
        for (let look = 0; look < 40; look++) {
            await new Promise((resolve) => setTimeout(resolve, 25));
            analyser.getFloatTimeDomainData(samples);
            loudest = Math.max(loudest, ...samples.map(Math.abs));
        }
        return loudest;
    })"""
