// Draws the chart of the page with ECharts in place of the bars that the server drew, and makes pictures of it to download.
"use strict";

(() => {
  const figure = document.querySelector("[data-chart]");
  if (!figure || !window.echarts) return;
  const data = JSON.parse(figure.dataset.chart);
  const canvas = figure.querySelector(".chart-canvas");
  const number = new Intl.NumberFormat(document.documentElement.lang).format;
  const lying = data.form === "bars";
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const wrapped = (label, most) => label.replace(new RegExp(`(.{1,${most}})(\\s+|$)`, "g"), "$1\n").trim();
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Everything that ECharts needs to know; `picture` is for a file of its own, which also says what the page around the chart says.
  function option(picture) {
    const quiet = token("--ink-2");
    const ground = token("--ground");
    const small = !picture && canvas.clientWidth < 500;
    const text = { color: token("--ink"), fontFamily: getComputedStyle(document.body).fontFamily.replaceAll('"', "'"), fontSize: 13 };
    const labels = {
      type: "category",
      data: data.labels,
      inverse: lying,
      z: 3, // over the edges of the bars
      axisLine: { lineStyle: { color: token("--line-2") } },
      axisTick: { show: false },
      axisLabel: lying
        ? { ...text, interval: 0, lineHeight: 16, formatter: (label) => wrapped(label, small ? 18 : 34) }
        : { ...text, color: quiet, interval: 0, hideOverlap: true, lineHeight: 18, formatter: (label) => label.replace(" ", "\n") },
    };
    const values = {
      type: "value",
      minInterval: 1,
      max: lying ? "dataMax" : undefined,
      show: !lying,
      splitLine: { lineStyle: { color: token("--line") } },
      axisLabel: { ...text, color: quiet, formatter: number },
    };
    const series = data.series.map(({ name, values: numbers }, place) => ({
      type: "bar",
      stack: "all",
      name,
      data: numbers,
      barMaxWidth: lying ? 24 : 48,
      itemStyle: { color: token(`--chart-${place + 1}`), borderColor: ground, borderWidth: 1 },
      emphasis: { disabled: true },
    }));
    // The last of the stack ends where the stack ends: there stands the total.
    series.at(-1).label = {
      ...text, fontWeight: 600, show: true, position: lying ? "right" : "top", formatter: ({ dataIndex }) => number(data.totals[dataIndex]),
    };
    series.at(-1).labelLayout = { hideOverlap: true };
    const many = picture && data.series.length > 1;
    return {
      animation: !picture && !calm.matches,
      animationDuration: 150,
      backgroundColor: picture ? ground : "transparent",
      textStyle: text,
      title: picture ? { text: data.message, left: 16, top: 16, textStyle: { ...text, fontSize: 18, fontWeight: 600, width: 900, overflow: "break" } } : undefined,
      legend: many ? { left: 16, top: 76, textStyle: text, icon: "roundRect", itemGap: 20 } : undefined,
      grid: { left: picture ? 16 : 0, right: lying ? 56 : 16, top: picture ? 124 : lying ? 0 : 24, bottom: picture ? 24 : lying ? 0 : 8, containLabel: true },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        renderMode: "richText",
        confine: true,
        backgroundColor: ground,
        borderColor: token("--line-2"),
        textStyle: text,
        valueFormatter: number,
      },
      xAxis: lying ? values : labels,
      yAxis: lying ? labels : values,
      series,
    };
  }

  figure.classList.add("drawn");
  canvas.hidden = false;
  canvas.style.height = `${lying ? 8 + data.labels.length * 40 : 340}px`;
  const chart = window.echarts.init(canvas, null, { renderer: "svg" });
  const draw = () => {
    chart.resize();
    chart.setOption(option(false), true);
  };
  draw();
  new ResizeObserver(draw).observe(canvas);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  // A picture is drawn anew at a size of its own, so that it is the same from a phone.
  function picture(renderer) {
    const height = lying ? 160 + data.labels.length * 40 : 540;
    const made = window.echarts.init(document.createElement("div"), null, { renderer, width: 960, height });
    made.setOption(option(true));
    return made;
  }

  const makers = {
    async png() {
      const made = picture("canvas");
      const blob = await new Promise((done) => made.renderToCanvas({ pixelRatio: 2 }).toBlob(done, "image/png"));
      made.dispose();
      return blob;
    },
    async svg() {
      const made = picture("svg");
      const text = made.renderToSVGString();
      made.dispose();
      return new Blob([text], { type: "image/svg+xml" });
    },
  };
  for (const button of document.querySelectorAll("[data-picture]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const kind = button.dataset.picture;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await makers[kind]());
      link.download = `${data.file}.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
  }
})();
