"""Takes samples and models, leaves predictions, scores and a report."""

from glossator.evaluation.compare import Comparison, Flip, GroupScore, SplitScore, compare, document_clusters
from glossator.evaluation.examples import Example, choose_examples
from glossator.evaluation.intervals import Interval, MeanInterval, mean_interval, paired_difference
from glossator.evaluation.metrics import METRICS, check_metrics, metric_label, score_rows
from glossator.evaluation.predict import predict
from glossator.evaluation.report import read_report, write_report
from glossator.evaluation.report_data import Checkpoint, Funnel, LossPoint, RejectCount, ReportData
from glossator.evaluation.scoring import mean_scores, score_file, score_predictions
from glossator.evaluation.select import RankedCheckpoint, Selection, select_checkpoint
from glossator.evaluation.verdict import Verdict, judge, looks_sentence

__all__ = [
    "METRICS",
    "Checkpoint",
    "Comparison",
    "Example",
    "Flip",
    "Funnel",
    "GroupScore",
    "Interval",
    "LossPoint",
    "MeanInterval",
    "RankedCheckpoint",
    "RejectCount",
    "ReportData",
    "Selection",
    "SplitScore",
    "Verdict",
    "check_metrics",
    "choose_examples",
    "compare",
    "document_clusters",
    "judge",
    "looks_sentence",
    "mean_interval",
    "mean_scores",
    "metric_label",
    "paired_difference",
    "predict",
    "read_report",
    "score_file",
    "score_predictions",
    "score_rows",
    "select_checkpoint",
    "write_report",
]
