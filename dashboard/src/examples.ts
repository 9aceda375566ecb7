// Experiments to begin with: those of the folder `examples/` that need no files beside them.
import crossValidation from "../../examples/cross-validation.yaml?raw";
import grid from "../../examples/grid.yaml?raw";
import iris from "../../examples/iris.yaml?raw";
import regression from "../../examples/regression.yaml?raw";

const BLANK = `name: my-experiment
objective:
  metric: loss
  goal: minimize
max_trials: 20
parallel_trials: 2
parameters:
  learning_rate: { type: float, min: 0.0001, max: 1, scale: log }
  layers: { type: int, min: 1, max: 8 }
pipeline:
  train:
    run: >-
      awk -v rate=\${{ params.learning_rate }} -v layers=\${{ params.layers }}
      'BEGIN { loss = (log(rate) + 4) ^ 2 + (layers - 3) ^ 2; print "loss=" loss }'
`;

export const EXAMPLES = [
  { name: "RandomForest or GradientBoosting (iris)", text: iris },
  { name: "A command of your own", text: BLANK },
  { name: "A grid", text: grid },
  { name: "Regression", text: regression },
  { name: "Cross-validation", text: crossValidation },
];
